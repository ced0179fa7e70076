export type { Bulk } from "./insert-all.js";
export { RepoWrites, type WriteResult } from "./repo-writes.js";
export type { Changes } from "./update-all.js";
export type {
  BatchOptions,
  BulkOptions,
  DeleteOptions,
  InsertOptions,
  InsertOrUpdateOptions,
  StaleOptions,
  UpdateOptions,
  WriteOptions,
} from "./write-options.js";
