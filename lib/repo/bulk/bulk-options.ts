/** The options of the methods that write many rows. */

import type { Tenant } from "../../tenant/index.js";
import { type QueryOptions, queryNames } from "../options/index.js";

/** Options of `insertAll`, `updateAll` and `deleteAll`. */
export interface BatchOptions {
  /** Rows for each transaction, a whole number of at least 1; default: all rows in one. Not inside a transaction. */
  readonly batch?: number;
  /** Called after each transaction, with the rows and batches so far. Default: nobody is told. */
  readonly onProgress?: (progress: { readonly rows: number; readonly batches: number }) => void;
}

/** Options of `updateAll` and `deleteAll`. */
export interface BulkOptions extends BatchOptions, QueryOptions {
  /** Needed outside of a transaction, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
}

export const batchOptionNames: ReadonlySet<string> = new Set(["tenant", "batch", "onProgress", "returning"]);
export const bulkOptionNames: ReadonlySet<string> = new Set([...batchOptionNames, ...queryNames]);
