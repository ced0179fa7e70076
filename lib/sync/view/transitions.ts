/** Makes transitions, frozen, whose cursors and previous values are worked out when somebody looks. */

import type {
  Change,
  ChangeTransition,
  ProgressTransition,
  Queries,
  SnapshotReason,
  SnapshotTransition,
  SyncCursor,
  Version,
} from "../live/index.js";
import type { View } from "./view.js";

/** Nothing visible changed up to a version. */
export function progressTransition(version: Version, cursor: () => SyncCursor): ProgressTransition {
  return Object.freeze({
    type: "progress",
    version,
    get cursor() {
      return cursor();
    },
  });
}

/** @param before the views of the changed labels before */
export function changeTransition(
  from: Version,
  version: Version,
  cursor: () => SyncCursor,
  changes: ReadonlyMap<string, readonly Change<unknown>[]>,
  before: ReadonlyMap<string, View>,
  commits: number,
): ChangeTransition<Queries> {
  let previous: Readonly<Record<string, unknown>> | undefined;
  return Object.freeze({
    type: "change",
    version,
    from,
    get cursor() {
      return cursor();
    },
    changes: Object.freeze(Object.fromEntries(changes)),
    get previous() {
      previous ??= Object.freeze(
        Object.fromEntries(Array.from(before, ([label, view]) => [label, view.value])),
      );
      return previous;
    },
    commits,
  });
}

export function snapshotTransition(
  reason: SnapshotReason,
  version: Version,
  cursor: () => SyncCursor,
  value: Readonly<Record<string, unknown>>,
  labels: readonly string[],
): SnapshotTransition<Queries> {
  return Object.freeze({
    type: "snapshot",
    version,
    get cursor() {
      return cursor();
    },
    value,
    labels: Object.freeze([...labels]),
    reason,
  });
}
