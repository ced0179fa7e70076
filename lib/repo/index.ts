export type { Bulk, BulkOptions, Changes } from "./bulk.js";
export type { RepoConfig } from "./core.js";
export { internals, type RepoContext, type RepoInternals } from "./internals.js";
export type { Logger } from "./logger.js";
export { Multi, type MultiResult } from "./multi.js";
export type { OperationTrace, TransactionTrace } from "./observe.js";
export type {
  BatchOptions,
  InsertOptions,
  MigrationEntry,
  OnConflict,
  ReadOptions,
  RepoOptions,
  TransactionDefaultOptions,
  TransactionOptions,
  WriteOptions,
} from "./options.js";
export { keyOfId } from "./primary-key.js";
export type { PageOptions, RangeOptions, StreamOptions } from "./read-more.js";
export type { Page } from "./read-rows.js";
export { Repo, type WriteResult } from "./repo.js";
export type { TransactionBody, Versioned } from "./transactional.js";
