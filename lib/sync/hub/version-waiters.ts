/** Keeps those who wait until their subscription has reached a version, such as that of their own write. */

import { onAbort } from "../call/index.js";
import type { Subscriber } from "../shape/index.js";

interface Waiter {
  readonly subscriber: Subscriber;
  readonly version: bigint;
  readonly resolve: () => void;
}

export class VersionWaiters {
  readonly #waiters = new Set<Waiter>();

  /** @param signal takes the waiter back */
  add(subscriber: Subscriber, version: bigint, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const waiter = { subscriber, version, resolve };
      this.#waiters.add(waiter);
      onAbort(signal, () => this.#waiters.delete(waiter));
    });
  }

  /** To be called when subscriptions have moved. */
  wake(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.subscriber.reached(waiter.version)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
