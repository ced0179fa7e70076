/** Judges by the observer's own clock whether the owner of a consumer is alive: whether what it writes moves. */

import type { ConsumerState } from "./consumer-state.js";

/** The clocks of two machines say nothing of each other, so the time that an owner has written is never compared. */
export class ObservedLease {
  #sign: string | undefined;
  #since = 0;

  /**
   * @param leaseMs for an owner that has not written how long it may be silent
   * @param now the observer's clock in milliseconds, which never goes back
   * @returns milliseconds for which the owner may still be alive; 0 when another may take over
   */
  leftMs(state: ConsumerState, leaseMs: number, now: number): number {
    const sign = JSON.stringify([state.owner, state.untilMs, state.after, state.snapshot]);
    if (sign !== this.#sign) {
      this.#sign = sign;
      this.#since = now;
    }
    return Math.max(0, this.#since + (state.leaseMs ?? leaseMs) - now);
  }
}
