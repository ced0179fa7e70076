import { from } from "plinth";
import type { Counts } from "../meter.js";
import { Product } from "../product.js";
import type { Shop } from "../shop.js";
import { RefusedRequest } from "../web/refusal.js";
import { type Acknowledged, burst } from "./burst.js";
import { inventProduct } from "./invent.js";
import { recreate } from "./recreate.js";
import { sumOfVersions } from "./version.js";

export interface BurstResult {
  readonly transactions: number;
  readonly acknowledged: number;
  readonly attempts: number;
  readonly milliseconds: number;
  /** The sum of all versions now, and how much this burst added to it. */
  readonly sum: number;
  readonly added: number;
  readonly done: boolean;
}

export interface LabState {
  readonly counts: Counts;
  readonly running: "burst" | "recreate" | null;
  readonly burst: BurstResult | null;
}

const transactions = 4_000;
const concurrency = 1_000;
const pauseMs = 500;

/** The experiments of the lab page. One of the long ones runs at a time; `close` ends it early and waits for it. */
export class Lab {
  readonly #shop: Shop;
  readonly #stop = new AbortController();
  #running: { readonly name: "burst" | "recreate"; readonly end: Promise<unknown> } | null = null;
  #burst: BurstResult | null = null;

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  get state(): LabState {
    return { counts: this.#shop.counts(), running: this.#running?.name ?? null, burst: this.#burst };
  }

  insert(): Promise<Product> {
    return inventProduct(this.#shop.repo, this.#shop.tenant);
  }

  recreate(): Promise<void> {
    const { repo, tenant } = this.#shop;
    return this.#alone("recreate", () => recreate(repo, tenant, pauseMs, this.#stop.signal));
  }

  /** Runs the burst and counts; `onAcknowledged` hears of each update once it is in the store for good. */
  burst(onAcknowledged?: (update: Acknowledged) => void): Promise<BurstResult> {
    return this.#alone("burst", async () => {
      const { repo, tenant } = this.#shop;
      const began = performance.now();
      const before = await this.#sum();
      let [acknowledged, attempts] = [0, 0];
      const report = (sum: number, done: boolean): BurstResult => ({
        transactions,
        acknowledged,
        attempts,
        milliseconds: Math.round(performance.now() - began),
        sum,
        added: sum - before,
        done,
      });
      await burst(repo, tenant, {
        transactions,
        concurrency,
        signal: this.#stop.signal,
        onAttempt: () => attempts++,
        onAcknowledged: (update) => {
          acknowledged++;
          this.#burst = report(before + acknowledged, false);
          onAcknowledged?.(update);
        },
      });
      this.#burst = report(await this.#sum(), true);
      return this.#burst;
    });
  }

  /** @throws RefusedRequest (409) while a burst or a recreation is under way. */
  refuseWhileBusy(): void {
    if (this.#running === null) return;
    throw new RefusedRequest(409, `The ${this.#running.name} is still running. Wait until it is done.`);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running?.end.catch(() => {});
  }

  async #sum(): Promise<number> {
    return sumOfVersions(await this.#shop.repo.all(from(Product), { tenant: this.#shop.tenant }));
  }

  async #alone<T>(name: "burst" | "recreate", run: () => Promise<T>): Promise<T> {
    this.refuseWhileBusy();
    const end = run();
    this.#running = { name, end };
    try {
      return await end;
    } finally {
      this.#running = null;
    }
  }
}
