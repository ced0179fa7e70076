export type { Bulk } from "./insert-all.js";
export { RepoWrites, type WriteResult } from "./repo-writes.js";
export type { Changes } from "./update-all.js";
export type { BatchOptions, BulkOptions, InsertOptions, WriteOptions } from "./write-options.js";
