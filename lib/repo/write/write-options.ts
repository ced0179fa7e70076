/** The options of the methods that write. */

import type { Tenant } from "../../tenant/index.js";
import { type CommonOptions, commonNames, type QueryOptions, queryNames } from "../options/index.js";
import type { OnConflict } from "../rows/index.js";

/** Options of writes. */
export interface WriteOptions extends CommonOptions {
  /** Needed outside of a transaction for records that no tenant has given, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
}

export interface InsertOptions<Field extends string = string> extends WriteOptions {
  /** Default `"raise"`. `"nothing"` keeps and returns the stored record. */
  readonly onConflict?: OnConflict<Field>;
  /**
   * Fields of a unique index: `onConflict` is about the record that holds the same value, and that record keeps its
   * primary key. Left out, it is about the record under the same primary key.
   *
   * `[]` writes blindly, without the read: a record under the same key is overwritten, the index entries of its earlier
   * version stay behind, and the log tells of a new record. For keys that are known to be new.
   */
  readonly conflictTarget?: readonly Field[];
}

/** Options of `insertAll`, `updateAll` and `deleteAll`. */
export interface BatchOptions {
  /** Rows for each transaction; absent: all in one transaction. Not inside a transaction. */
  readonly batch?: number;
  /** Called after each transaction. */
  readonly onProgress?: (progress: { readonly rows: number; readonly batches: number }) => void;
}

/** Options of `updateAll` and `deleteAll`. */
export type BulkOptions = BatchOptions & WriteOptions & QueryOptions;

export const writeOptionNames: ReadonlySet<string> = new Set(["tenant", ...commonNames]);
export const insertOptionNames: ReadonlySet<string> = new Set([
  ...writeOptionNames,
  "onConflict",
  "conflictTarget",
]);
export const batchOptionNames: ReadonlySet<string> = new Set([...writeOptionNames, "batch", "onProgress"]);
export const insertAllOptionNames: ReadonlySet<string> = new Set([...insertOptionNames, ...batchOptionNames]);
export const bulkOptionNames: ReadonlySet<string> = new Set([...batchOptionNames, ...queryNames]);
