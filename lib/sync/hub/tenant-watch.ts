/** Watches a tenant's version, so that live queries end when the tenant goes. */

import type { Watch } from "../../engine/index.js";
import { type Tenant, versionKey } from "../../tenant/index.js";
import { type Feed, KeyWatch, type Step } from "../node/index.js";

/** Milliseconds until a watch that failed is set again. */
const againMs = 500;

/** What the watch needs of its hub. */
export interface TenantWatchHost {
  pokeAll(): void;
  after(ms: number, run: () => void): void;
}

/**
 * The version moves when the tenant is cleared, deleted or migrated. The watch is held only while some feed watches
 * keys that may not exist: these do not move when the tenant goes. Heads and rows that exist do.
 */
export class TenantWatch {
  readonly #watch: KeyWatch;
  readonly #users = new Set<Feed>();
  #pending: Watch | undefined;

  constructor(tenant: Tenant, host: TenantWatchHost) {
    this.#watch = new KeyWatch(versionKey(tenant.prefix), {
      fired: () => host.pokeAll(),
      failed: () => host.after(againMs, () => host.pokeAll()),
    });
  }

  get watchCount(): number {
    return this.#watch.armed ? 1 : 0;
  }

  /** Sets the watch in the step's transaction, when one of its feeds or of those that are known needs it. */
  arm(step: Step, feeds: Iterable<Feed>): void {
    this.#pending = undefined;
    if (this.#watch.armed) return;
    let needed = this.#users.size > 0;
    for (const feed of feeds) needed ||= feed.blind;
    if (needed) this.#pending = step.watch(this.#watch.key);
  }

  /** The step has committed. */
  settle(feeds: Iterable<Feed>): void {
    if (this.#pending !== undefined) this.#watch.take(this.#pending);
    this.#pending = undefined;
    for (const feed of feeds) {
      if (feed.blind && feed.nodeCount > 0) this.#users.add(feed);
      else this.#users.delete(feed);
    }
    this.#releaseUnused();
  }

  /** The feed is given up. */
  forget(feed: Feed): void {
    if (this.#users.delete(feed)) this.#releaseUnused();
  }

  #releaseUnused(): void {
    if (this.#users.size === 0) this.#watch.release();
  }

  dispose(): void {
    this.#users.clear();
    this.#watch.release();
  }
}
