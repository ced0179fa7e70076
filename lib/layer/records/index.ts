export { counterValue, readCounter, readCounters } from "./counters.js";
export { type CustomReadOptions, readCustomIndex } from "./custom-index.js";
export { type DeleteOutcome, deleteRecord } from "./delete-record.js";
export { type InsertOptions, type InsertOutcome, insertRecord } from "./insert-record.js";
export { entryOfSchema, type SchemaLogEntry } from "./log-values.js";
export {
  dataKey,
  pkOfDataKey,
  type ReadOptions,
  type ReadRangeOptions,
  readAllRecords,
  readEachRecord,
  readRawRows,
  readRecord,
  readRecords,
} from "./records.js";
export type { RawRow } from "./row-assembler.js";
export { loadRow, viewOf } from "./stored-row.js";
export { type UpdateOptions, type UpdateOutcome, updateRecord } from "./update-record.js";
