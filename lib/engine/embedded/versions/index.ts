export { CommitLog } from "./commit-log.js";
export { ConflictHistory } from "./conflict-history.js";
export { Overlay, Slot } from "./overlay.js";
export { ReadConflicts } from "./read-conflicts.js";
export { WriteMap } from "./write-map.js";
