export { CommitLog } from "./commit-log.js";
export { ConflictHistory } from "./conflict-history.js";
export { Overlay } from "./overlay.js";
export type { RangeClear, RangeClears } from "./range-clears.js";
export { ReadConflicts } from "./read-conflicts.js";
export { ReadWindow } from "./read-window.js";
export { Slot } from "./slot.js";
export type { StoredRow } from "./stored-rows.js";
export { monotonicMicroseconds, VersionClock } from "./version-clock.js";
