/** The error for a past that the log no longer tells; what was missed is then told by a snapshot. */

import type { SnapshotReason } from "../live/index.js";

export class Unresumable extends Error {
  /** @param reason what the snapshot says */
  constructor(readonly reason: SnapshotReason) {
    super(reason);
  }
}
