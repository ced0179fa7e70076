/** Keeps those who wait until their shape has reached a version, such as that of their own write. */

import type { Shape } from "../shape/index.js";

interface Waiter {
  /** A subscription comes to show other shapes while it waits. */
  readonly shape: () => Shape;
  readonly version: bigint;
  readonly resolve: () => void;
}

export class VersionWaiters {
  readonly #waiters = new Set<Waiter>();

  /** @param signal takes the waiter back */
  add(shape: () => Shape, version: bigint, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { shape, version, resolve };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", () => this.#waiters.delete(waiter), { once: true });
    });
  }

  /** To be called after a tick. */
  wake(): void {
    for (const waiter of this.#waiters) {
      if (waiter.shape().version < waiter.version) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
