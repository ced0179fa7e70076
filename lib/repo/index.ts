export type {
  BatchOptions,
  BulkOperators,
  BulkOptions,
  Changes,
  Counted,
  Returned,
  Returning,
} from "./bulk/index.js";
export { type ExecuteBody, type ExecuteStepOptions, execute } from "./execute.js";
export { type ForEachTenantOptions, forEachTenant } from "./for-each-tenant.js";
export { internals, type RepoContext, type RepoInternals } from "./internals.js";
export type {
  AtomicOperation,
  RawKey,
  RawKeyRange,
  RawKeys,
  RawRangeOptions,
  RawReadOptions,
  RawRow,
} from "./keys/index.js";
export { Multi } from "./multi.js";
export {
  type Logger,
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "./observe/index.js";
export type { CommonOptions, DefaultOptions, QueryContext, QueryOptions } from "./options/index.js";
export {
  type AggregateOptions,
  keyOfId,
  type Page,
  type PageOptions,
  type PreloadOptions,
  type RangeOptions,
  type ReadOptions,
  type StreamOptions,
} from "./read/index.js";
export {
  type JobStep,
  type MultiResult,
  Repo,
  type RepoOptions,
  type RolledBackResult,
  type Transacted,
  type TransactionBody,
  type TransactOptions,
} from "./repo.js";
export type { OnConflict } from "./rows/index.js";
export {
  atRoot,
  type MigrationEntry,
  type RepoConfig,
  type TransactionDefaultOptions,
  type TransactionOptions,
  type Versioned,
} from "./transaction/index.js";
export type {
  Bulk,
  DeleteOptions,
  InsertAllOptions,
  InsertOptions,
  InsertOrUpdateOptions,
  StaleOptions,
  UpdateOptions,
  WriteOptions,
  WriteResult,
} from "./write/index.js";
