/** A watch as the port hands it out, whichever watch of the binding settles it. */

import type { Watch } from "../port/index.js";
import { EngineError } from "../port/index.js";

/** What stands behind a handle, and is told when the handle has settled. */
export interface Backing {
  letGo(handle: WatchHandle): void;
}

export class WatchHandle implements Watch {
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #settled = false;
  backing: Backing | undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  static failed(error: unknown): WatchHandle {
    const handle = new WatchHandle();
    handle.fail(error);
    return handle;
  }

  get settled(): boolean {
    return this.#settled;
  }

  fire(): void {
    if (this.#settle()) this.#resolve();
  }

  fail(error: unknown): void {
    if (!this.#settle()) return;
    // Only now: thousands of handles wait, and each reaction is memory.
    this.promise.catch(() => undefined);
    this.#reject(error);
  }

  cancel(): void {
    this.fail(new EngineError(1101));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const { backing } = this;
    this.backing = undefined;
    backing?.letGo(this);
    return true;
  }
}
