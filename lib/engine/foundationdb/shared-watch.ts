/** One watch of the binding and the handles that stand on it. */

import type { NativeWatch } from "./native.js";
import type { WatchHandle } from "./watch-handle.js";

/** The value of a watched key as its transaction saw it, once that is known. */
export interface Baseline {
  known: boolean;
  value: Uint8Array | undefined;
  /** Resolves when it is known, or never will be. */
  settled: Promise<void>;
}

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
