/** A watch as the port hands it out, whichever watch of the binding settles it. */

import type { Watch } from "../port/index.js";
import { EngineError } from "../port/index.js";

export class WatchHandle implements Watch {
  readonly promise: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #settled = false;
  /** Called once, when the handle has settled: lets go of what stood behind it. */
  release: (() => void) | undefined;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => undefined);
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
    if (this.#settle()) this.#reject(error);
  }

  cancel(): void {
    this.fail(new EngineError(1101));
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.release?.();
    return true;
  }
}
