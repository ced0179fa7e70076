export type { Bytes } from "./bytes.js";
export { decodeCbor, decodeMeta, encodeCbor, encodeMeta } from "./cbor.js";
export { CHUNK_BYTES } from "./chunks.js";
export { Attempt, createContext, type LayerContext } from "./context.js";
export { counterValue, readCounter, readCounters } from "./counters.js";
export { type CustomReadOptions, readCustomIndex } from "./custom-index.js";
export { type DeleteOutcome, deleteRecord } from "./delete-record.js";
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
export type {
  ConditionOp,
  IndexInfo,
  IndexKind,
  IndexState,
  StoredCondition,
} from "./index-info.js";
export { indexName } from "./index-info.js";
export {
  findIndexer,
  type IndexedRow,
  type Indexer,
  type IndexerContext,
  indexerNamed,
  registerIndexer,
} from "./indexer.js";
export { type InsertOptions, type InsertOutcome, insertRecord } from "./insert-record.js";
export { type BodyField, layoutOf, RecordLayout, type StoredKey, storedKey } from "./layout.js";
export {
  dropLog,
  headKey,
  headVersion,
  type LogBatch,
  type LogRead,
  logBegin,
  logTail,
  readLog,
  startLog,
  stopLog,
  trimLog,
  trimmedThrough,
} from "./log.js";
export { IMAGE_BYTES, type LogEntry, type LogOp } from "./log-codec.js";
export { entryOfSchema, type SchemaLogEntry } from "./log-values.js";
export { metaKeys } from "./meta-keys.js";
export { MetadataCache, metadataOf, type SourceMetadata, verifyTenant } from "./metadata.js";
export { decodeRecord, encodeRecord, type UnknownFields } from "./record-codec.js";
export {
  dataKey,
  pkOfDataKey,
  type ReadOptions,
  type ReadRangeOptions,
  readAllRecords,
  readEachRecord,
  readRecord,
  readRecords,
} from "./records.js";
export { schemaless } from "./schemaless.js";
export { type KeyRange, prefixRange, SourceKeys, sourceKeys, stringPrefixRange } from "./source-keys.js";
export { type UpdateOptions, type UpdateOutcome, updateRecord } from "./update-record.js";
