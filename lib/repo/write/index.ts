export type { Bulk } from "./inserted.js";
export { RepoWrites, type WriteResult } from "./repo-writes.js";
export type {
  DeleteOptions,
  InsertAllOptions,
  InsertOptions,
  InsertOrUpdateOptions,
  StaleOptions,
  UpdateOptions,
  WriteOptions,
} from "./write-options.js";
