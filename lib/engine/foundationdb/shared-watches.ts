/** The watches of one engine: a key that is watched already is not watched a second time for the same value.
 *
 * The binding leaks a little with each watch, FoundationDB limits their number, and each keeps the process
 * alive.
 */

import type { Futures } from "./futures.js";
import type { NativeWatch } from "./native.js";
import { type Baseline, SharedWatch } from "./shared-watch.js";
import type { WatchHandle } from "./watch-handle.js";

type Value = Uint8Array | undefined;

const same = (a: Value, b: Value): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

export class SharedWatches {
  /** Handles that no watch of the binding would settle: `close` does. */
  readonly waiting = new Set<WatchHandle>();
  readonly #armed = new Map<string, SharedWatch>();
  readonly #live = new Set<SharedWatch>();
  readonly #futures: Futures;

  constructor(futures: Futures) {
    this.#futures = futures;
  }

  /** Watches of the binding that have not settled. */
  get size(): number {
    return this.#live.size;
  }

  failWaiting(error: unknown): void {
    for (const handle of [...this.waiting]) handle.fail(error);
  }

  start(key: string, baseline: Baseline, native: NativeWatch): SharedWatch {
    const watch = new SharedWatch(key, baseline, native, () => {
      if (this.#armed.get(key) === watch) this.#armed.delete(key);
    });
    this.#live.add(watch);
    this.#futures.track(watch, native.promise).then(
      () => this.#settled(watch, (handle) => handle.fire()),
      (error) => this.#settled(watch, (handle) => handle.fail(error)),
    );
    return watch;
  }

  #settled(watch: SharedWatch, outcome: (handle: WatchHandle) => void): void {
    this.#live.delete(watch);
    watch.settle(outcome);
  }

  /** To be called when the watch's transaction has committed: it joins an armed one, or others may join it. */
  async arm(watch: SharedWatch): Promise<void> {
    await watch.baseline.settled;
    if (watch.settled || !watch.baseline.known) return;
    const armed = this.matching(watch.key, watch.baseline);
    if (armed === undefined) this.#armed.set(watch.key, watch);
    else watch.mergeInto(armed);
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
    return watch !== undefined && baseline.known && same(watch.baseline.value, baseline.value)
      ? watch
      : undefined;
  }
}
