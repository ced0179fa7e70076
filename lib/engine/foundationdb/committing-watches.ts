/** The watches of a commit in flight: armed when it succeeds, failed when it does not. */

import type { SharedWatch } from "./shared-watch.js";
import type { SharedWatches } from "./shared-watches.js";
import type { WatchHandle } from "./watch-handle.js";

/** Joined at the commit, whose outcome is not known yet. */
export interface Joined {
  /** Stands in for the handle on the shared watch. */
  readonly probe: WatchHandle;
  readonly handle: WatchHandle;
}

export class CommittingWatches {
  /** @param version at which the transaction has read */
  constructor(
    private readonly shared: SharedWatches,
    private readonly own: readonly { readonly watch: SharedWatch; readonly shareable: boolean }[],
    private readonly version: Promise<Buffer> | undefined,
    private readonly joined: readonly Joined[],
  ) {}

  succeeded(): void {
    const { version } = this;
    if (version !== undefined)
      for (const { watch, shareable } of this.own) if (shareable) void this.shared.arm(watch, version);
    for (const { probe, handle } of this.joined) {
      probe.promise.then(
        () => handle.fire(),
        (error) => handle.fail(error),
      );
    }
  }

  failed(error: unknown): void {
    for (const { handle } of this.joined) handle.fail(error);
  }
}
