export type { Column } from "./column.js";
export { decodeEntry, entryValues, type IndexEntry, tellsSame, tellsValue } from "./index-entry.js";
export { type Bounds, dataRange, indexPrefix, indexRange } from "./index-range.js";
export {
  findIndexer,
  type IndexedRow,
  type Indexer,
  type IndexerContext,
  indexerNamed,
  keysOfIndex,
  registerIndexer,
} from "./indexer.js";
export { type Entry, MaintainedIndex } from "./maintained-index.js";
export { type Tally, type Total, tallyBytes, tallyValue, totalOf } from "./tally.js";
export { UniqueValues } from "./unique-values.js";
