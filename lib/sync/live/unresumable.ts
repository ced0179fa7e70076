import type { SnapshotReason } from "./transition.js";

/** What was missed cannot be told; the first transition is a snapshot that says why. */
export class Unresumable extends Error {
  constructor(readonly reason: SnapshotReason) {
    super(reason);
  }
}
