export { atRoot } from "./at-root.js";
export { call } from "./call.js";
export { type RepoConfig, RepoCore } from "./core.js";
export { internals, type RepoContext, type RepoInternals } from "./internals.js";
export {
  type BatchOptions,
  batchOptionNames,
  checkOptions,
  type InsertOptions,
  insertAllOptionNames,
  insertOptionNames,
  type MigrationEntry,
  type OnConflict,
  type ReadOptions,
  type RepoOptions,
  readOptionNames,
  type TransactionDefaultOptions,
  type TransactionOptions,
  type WriteOptions,
  writeOptionNames,
} from "./options.js";
export { markPending } from "./pending-record.js";
export { Session } from "./session.js";
export {
  agreedTenant,
  checkTenant,
  keepRepo,
  operate,
  type RepoState,
  sessionOf,
  stateOfRepo,
  tenantOf,
} from "./state.js";
export {
  afterCommit,
  rollback,
  type TransactionBody,
  transactional,
  type Versioned,
} from "./transactional.js";
