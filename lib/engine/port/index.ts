export { compareBytes, concatBytes, equalBytes, keyAfter, strinc } from "./bytes.js";
export { MutationType, StreamingMode } from "./codes.js";
export type {
  Engine,
  KeySelector,
  KeyValue,
  RangeBatch,
  RangeOptions,
  StoreLives,
  Transaction,
  TransactionDefaults,
  TransactionOption,
  Watch,
} from "./engine.js";
export { type Attempt, EngineError } from "./engine-error.js";
export { isMaybeCommitted, isRetryable, isRetryableNotCommitted } from "./error-codes.js";
export { type InstrumentedEngine, instrument } from "./instrument.js";
export { firstGreaterOrEqual, firstGreaterThan, lastLessOrEqual, lastLessThan } from "./key-selector.js";
export { noOperations, type OnOperation, type OperationName, type Operations } from "./operations.js";
export { type RangeAllOptions, type RangeStreamOptions, readRange, readRangeAll } from "./read-range.js";
export { type Outcome, runTransaction, type TransactOptions, transact } from "./transact.js";
