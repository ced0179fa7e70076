/** One watch of the binding and the handles that stand on it. */

import type { NativeWatch } from "./native.js";
import type { Backing, WatchHandle } from "./watch-handle.js";

/** The value of a watched key as its transaction saw it, as one-byte text; null when the key was absent. */
export type Baseline = string | null;

export class SharedWatch implements Backing {
  /** Most have one handle, so a set is made for the second. */
  #handles: WatchHandle | Set<WatchHandle> | undefined;
  readonly #native: NativeWatch;
  /** Of an armed watch that others may join. */
  baseline: Baseline | undefined;
  settled = false;

  constructor(
    readonly key: string,
    native: NativeWatch,
    /** Called when nobody may join any more. */
    private readonly registry: { forget(watch: SharedWatch): void },
  ) {
    this.#native = native;
  }

  /** A handle that settles as this watch does. The watch is cancelled when its last handle lets go. */
  add(handle: WatchHandle): void {
    handle.backing = this;
    if (this.#handles === undefined) this.#handles = handle;
    else if (this.#handles instanceof Set) this.#handles.add(handle);
    else this.#handles = new Set([this.#handles, handle]);
  }

  letGo(handle: WatchHandle): void {
    if (this.#handles instanceof Set) this.#handles.delete(handle);
    else if (this.#handles === handle) this.#handles = undefined;
    if (this.#all().length === 0) this.cancel();
  }

  /** Hands all handles over to `other` and gives this watch up. */
  mergeInto(other: SharedWatch): void {
    const handles = this.#all();
    this.#handles = undefined;
    for (const handle of handles) other.add(handle);
    this.cancel();
  }

  cancel(): void {
    if (this.settled) return;
    this.registry.forget(this);
    this.#native.cancel();
  }

  settle(outcome: (handle: WatchHandle) => void): void {
    this.settled = true;
    this.registry.forget(this);
    for (const handle of this.#all()) outcome(handle);
  }

  #all(): WatchHandle[] {
    const handles = this.#handles;
    if (handles === undefined) return [];
    return handles instanceof Set ? [...handles] : [handles];
  }
}
