/** Holds the watch on one key, and tells when it fired or failed. */

import type { Watch } from "../../engine/index.js";
import { EngineError } from "../../engine/index.js";

const codes = { tooMany: 1032 };

export interface KeyWatchEvents {
  /** The key was seen to differ: read again. */
  fired(): void;
  /** The watch is gone without having fired. `refused`: the engine holds too many. */
  failed(refused: boolean): void;
}

/** The watch on one key, set anew after each time it fires. */
export class KeyWatch {
  #current: Watch | undefined;

  constructor(
    readonly key: Uint8Array,
    private readonly events: KeyWatchEvents,
  ) {}

  get armed(): boolean {
    return this.#current !== undefined;
  }

  /** Takes over a watch whose transaction has committed. */
  take(watch: Watch): void {
    this.release();
    this.#current = watch;
    watch.promise.then(
      () => {
        if (this.#current !== watch) return;
        this.#current = undefined;
        this.events.fired();
      },
      (error: unknown) => {
        if (this.#current !== watch) return;
        this.#current = undefined;
        this.events.failed(error instanceof EngineError && error.fdbCode === codes.tooMany);
      },
    );
  }

  release(): void {
    const watch = this.#current;
    this.#current = undefined;
    watch?.cancel();
  }
}
