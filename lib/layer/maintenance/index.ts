export type { Column, RowView } from "./columns.js";
export { commitChange, maintenanceWith } from "./commit-change.js";
export {
  type Bounds,
  dataRange,
  decodeEntry,
  entryValues,
  type IndexEntry,
  indexPrefix,
  indexRange,
  tellsValue,
} from "./entries.js";
export {
  findIndexer,
  type IndexedRow,
  type Indexer,
  type IndexerContext,
  indexerNamed,
  registerIndexer,
} from "./indexer.js";
export { indexedRow, indexerContext, type RowChange } from "./maintain.js";
export { MaintainedIndex, Maintenance, maintenanceOf } from "./maintenance.js";
