export { allOrNone } from "./all-or-none.js";
export { batchSize } from "./batch-size.js";
export type { BulkOperators, Changes } from "./bulk-changes.js";
export { type BatchOptions, type BulkOptions, batchOptionNames } from "./bulk-options.js";
export { deleteAll } from "./delete-all.js";
export {
  type Counted,
  namesIn,
  type Returned,
  type Returning,
  type ReturningOption,
  selectionOf,
} from "./returning.js";
export { updateAll } from "./update-all.js";
