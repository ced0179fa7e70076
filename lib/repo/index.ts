export { type ExecuteBody, type ExecuteStepOptions, execute } from "./execute.js";
export { internals, type RepoContext, type RepoInternals } from "./internals.js";
export { Multi } from "./multi.js";
export {
  type Logger,
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "./observe/index.js";
export {
  type AggregateOptions,
  keyOfId,
  type Page,
  type PageOptions,
  type RangeOptions,
  type ReadOptions,
  type StreamOptions,
} from "./read/index.js";
export { type MultiResult, Repo, type TransactionBody } from "./repo.js";
export type { OnConflict } from "./rows/index.js";
export {
  atRoot,
  type MigrationEntry,
  type RepoConfig,
  type RepoOptions,
  type TransactionDefaultOptions,
  type TransactionOptions,
  type Versioned,
} from "./transaction/index.js";
export type {
  BatchOptions,
  Bulk,
  BulkOptions,
  Changes,
  InsertOptions,
  WriteOptions,
  WriteResult,
} from "./write/index.js";
