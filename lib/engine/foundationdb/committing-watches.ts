/** The watches of a commit in flight: armed when it succeeds, failed when it does not. */

import type { SharedWatch } from "./shared-watch.js";
import type { SharedWatches } from "./shared-watches.js";
import { WatchHandle } from "./watch-handle.js";

/** Joined at the commit, whose outcome is not known yet. */
export interface Joined {
  /** Stands in for the handle on the shared watch. */
  readonly probe: WatchHandle;
  readonly handle: WatchHandle;
}

export class CommittingWatches {
  readonly #shared: SharedWatches;
  readonly #own: readonly SharedWatch[];
  readonly #joined: readonly Joined[];

  constructor(shared: SharedWatches, own: readonly SharedWatch[], joined: readonly Joined[]) {
    this.#shared = shared;
    this.#own = own;
    this.#joined = joined;
  }

  succeeded(): void {
    for (const watch of this.#own) void this.#shared.arm(watch);
    for (const { probe, handle } of this.#joined) {
      probe.promise.then(
        () => handle.fire(),
        (error) => handle.fail(error),
      );
    }
  }

  failed(error: unknown): void {
    for (const { handle } of this.#joined) handle.fail(error);
  }
}
