export { Multi, type MultiResult } from "./multi.js";
export {
  type Logger,
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "./observe/index.js";
export { keyOfId, type Page, type PageOptions, type RangeOptions, type StreamOptions } from "./read/index.js";
export { Repo, type WriteResult } from "./repo.js";
export {
  atRoot,
  type BatchOptions,
  type InsertOptions,
  internals,
  type MigrationEntry,
  type OnConflict,
  type ReadOptions,
  type RepoConfig,
  type RepoContext,
  type RepoInternals,
  type RepoOptions,
  type TransactionBody,
  type TransactionDefaultOptions,
  type TransactionOptions,
  type Versioned,
  type WriteOptions,
} from "./transaction/index.js";
export type { Bulk, BulkOptions, Changes } from "./write/index.js";
