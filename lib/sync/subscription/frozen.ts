/** What a subscription showed when it was paused or ended. */

import type { SnapshotReason, VersionedTransition } from "../live/index.js";
import { snapshotTransition, type Views } from "../view/index.js";

export class Frozen {
  constructor(
    readonly views: Views,
    readonly value: Readonly<Record<string, unknown>>,
  ) {}

  snapshot(reason: SnapshotReason, labels: readonly string[]): VersionedTransition {
    const { views, value } = this;
    return snapshotTransition(reason, views.version, () => views.cursor, value, labels);
  }
}
