import type { Watch } from "../../engine/index.js";
import { type Tenant, versionKey } from "../../tenant/index.js";
import type { Feed } from "../node/index.js";
import { KeyWatch } from "../node/index.js";
import type { Tick } from "./tick.js";

/** Milliseconds until a watch that failed is set again. */
const againMs = 500;

export interface TenantWatchHost {
  pokeAll(): void;
  after(ms: number, run: () => void): void;
}

/**
 * The watch on a tenant's version, which moves when the tenant is cleared, deleted or migrated. It is held only while
 * some feed watches keys that may not exist: these do not move when the tenant goes. Heads and rows that exist do.
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

  /** Sets the watch in the tick's transaction, when one of its feeds or of those that are known needs it. */
  arm(tick: Tick, feeds: Iterable<Feed>): void {
    this.#pending = undefined;
    if (this.#watch.armed) return;
    let needed = this.#users.size > 0;
    for (const feed of feeds) needed ||= feed.blind;
    if (needed) this.#pending = tick.watch(this.#watch.key);
  }

  /** The tick has committed. */
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
