import type { Futures } from "./futures.js";
import type { NativeWatch } from "./native.js";
import type { WatchHandle } from "./watch-handle.js";

type Value = Uint8Array | undefined;

/** The value of a watched key as its transaction saw it, once that is known. */
export interface Baseline {
  known: boolean;
  value: Value;
  /** Resolves when it is known, or never will be. */
  settled: Promise<void>;
}

const same = (a: Value, b: Value): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

/** One watch of the binding and the handles that stand on it. */
export class SharedWatch {
  readonly key: string;
  readonly baseline: Baseline;
  readonly #native: NativeWatch;
  readonly #handles = new Set<WatchHandle>();
  readonly #gone: () => void;
  settled = false;

  constructor(key: string, baseline: Baseline, native: NativeWatch, gone: () => void) {
    this.key = key;
    this.baseline = baseline;
    this.#native = native;
    this.#gone = gone;
  }

  /** A handle that settles as this watch does. The watch is cancelled when its last handle lets go. */
  add(handle: WatchHandle): void {
    this.#handles.add(handle);
    handle.release = () => {
      this.#handles.delete(handle);
      if (this.#handles.size === 0) this.cancel();
    };
  }

  /** Hands all handles over to `other` and gives this watch up. */
  mergeInto(other: SharedWatch): void {
    const handles = [...this.#handles];
    this.#handles.clear();
    for (const handle of handles) other.add(handle);
    this.cancel();
  }

  cancel(): void {
    if (this.settled) return;
    this.#gone();
    this.#native.cancel();
  }

  settle(outcome: (handle: WatchHandle) => void): void {
    this.settled = true;
    this.#gone();
    for (const handle of [...this.#handles]) outcome(handle);
  }
}

/**
 * The watches of one engine. The binding leaks a little with each, FoundationDB limits their number, and each keeps
 * the process alive; so a key that is armed already is not watched a second time for the same value.
 */
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
