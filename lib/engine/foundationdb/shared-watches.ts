/** The watches of one engine: a key that is watched already is not watched a second time for the same value.
 *
 * The binding leaks a little with each watch, FoundationDB limits their number, and each keeps the process
 * alive.
 */

import { EngineError } from "../port/index.js";
import { fromNative } from "./failure.js";
import type { Futures } from "./futures.js";
import type { NativeTransaction, NativeWatch } from "./native.js";
import { type Baseline, SharedWatch } from "./shared-watch.js";
import { countFutures } from "./start-client.js";
import type { WatchHandle } from "./watch-handle.js";

export class SharedWatches {
  /** Handles that no watch of the binding would settle: `drain` does. */
  readonly waiting = new Set<WatchHandle>();
  readonly #armed = new Map<string, SharedWatch>();
  readonly #live = new Set<SharedWatch>();
  #drained: (() => void) | undefined;
  #closed = false;

  /** @param begin a transaction to read values with, beside those of the application */
  constructor(
    private readonly futures: Futures,
    private readonly begin: () => NativeTransaction,
  ) {}

  /** Watches of the binding that have not settled. */
  get size(): number {
    return this.#live.size;
  }

  /** Cancels all watches, and resolves when the binding has settled them. */
  drain(): Promise<void> {
    this.#closed = true;
    for (const handle of [...this.waiting]) handle.fail(new EngineError(1101));
    for (const watch of [...this.#live]) watch.cancel();
    if (this.#live.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  /**
   * The value of a key at a version. Read in a transaction of its own: a read that fails would make the commit of the
   * application's transaction fail, which a watch that fails does not.
   */
  async read(key: Buffer, version: Buffer): Promise<Baseline> {
    if (this.#closed) throw new EngineError(1025);
    const tx = this.begin();
    tx.setReadVersion(version);
    const value = await this.futures.track(tx, tx.get(key, true));
    return value === undefined ? null : value.toString("latin1");
  }

  /** As that of futures, for those that a transaction of the application owns. */
  track<T>(owner: NativeTransaction, future: Promise<T>): Promise<T> {
    return this.futures.track(owner, future);
  }

  start(key: string, native: NativeWatch): SharedWatch {
    const watch = new SharedWatch(key, native, this);
    this.#live.add(watch);
    countFutures(1);
    native.promise.then(
      () => this.#settled(watch, (handle) => handle.fire()),
      (error) => this.#settled(watch, (handle) => handle.fail(fromNative(error))),
    );
    return watch;
  }

  #settled(watch: SharedWatch, outcome: (handle: WatchHandle) => void): void {
    countFutures(-1);
    this.#live.delete(watch);
    watch.settle(outcome);
    if (this.#live.size === 0) this.#drained?.();
  }

  /** To be called when the watch's transaction has committed: it joins an armed one, or others may join it. */
  async arm(watch: SharedWatch, version: Promise<Buffer>): Promise<void> {
    let baseline: Baseline;
    try {
      baseline = await this.read(Buffer.from(watch.key, "latin1"), await version);
    } catch {
      // It stays a watch that nobody joins.
      return;
    }
    if (watch.settled) return;
    const armed = this.matching(watch.key, baseline);
    if (armed !== undefined) {
      watch.mergeInto(armed);
      return;
    }
    watch.baseline = baseline;
    this.#armed.set(watch.key, watch);
  }

  forget(watch: SharedWatch): void {
    if (this.#armed.get(watch.key) === watch) this.#armed.delete(watch.key);
  }

  has(key: string): boolean {
    return this.#armed.has(key);
  }

  /**
   * The armed watch that stands for one of `baseline` too. With the same value seen, it fires in every case in
   * which a watch of its own would have to: what it may miss, a change there and back, any watch may miss.
   */
  matching(key: string, baseline: Baseline): SharedWatch | undefined {
    const watch = this.#armed.get(key);
    return watch?.baseline === baseline ? watch : undefined;
  }
}
