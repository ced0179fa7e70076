/** The options of the methods that write. */

import type { Tenant } from "../../tenant/index.js";
import { type BatchOptions, batchOptionNames, type ReturningOption } from "../bulk/index.js";
import { type CommonOptions, commonNames } from "../options/index.js";
import type { OnConflict } from "../rows/index.js";

/** Options of writes. */
export interface WriteOptions extends CommonOptions {
  /** Needed outside of a transaction for records that no tenant has given, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
}

/** What becomes of a write whose record is not stored (any more), or whose lock differs; default: `StaleEntryError`. */
export interface StaleOptions {
  /**
   * The changeset gets an error of this field in its place, so that the `try…` methods give it as a value. Default: none,
   * it is thrown.
   */
  readonly staleErrorField?: string;
  /** The message of that error. Default `"is stale"`. */
  readonly staleErrorMessage?: string;
  /**
   * Stores nothing and goes on: the call gives the record as it would have been. Default false. Not with `staleErrorField`.
   */
  readonly allowStale?: boolean;
}

/** Options of `delete`. */
export interface DeleteOptions extends WriteOptions, StaleOptions {}

/** Options of `update`. */
export interface UpdateOptions extends WriteOptions, StaleOptions {
  /** Writes a changeset without changes too: its row is looked for, `updatedAt` and locks move on. Default false. */
  readonly force?: boolean;
}

/** Options of `insert`: what happens when the record's key, or a unique value, is taken. */
export interface InsertOptions<Field extends string = string, T = never> extends WriteOptions {
  /**
   * What happens to the stored record. Default `"raise"`: PrimaryKeyExistsError.
   *
   * `"nothing"` keeps and returns it. `"replaceAll"`, `{ replace: [fields] }` and `{ replaceAllExcept: [fields] }` change
   * it. A function gets the stored and the given record and gives the changes of the stored one, `{}` for none; it runs
   * again when the transaction does.
   */
  readonly onConflict?: OnConflict<Field, T>;
  /**
   * Fields of a unique index: `onConflict` is about the record that holds the same value, and that record keeps its
   * primary key. Left out, it is about the record under the same primary key.
   *
   * `[]` writes blindly, without the read: a record under the same key is overwritten, the index entries of its earlier
   * version stay behind, and the log tells of a new record. For keys that are known to be new.
   */
  readonly conflictTarget?: readonly Field[];
}

/** Options of `insertAll`. */
export type InsertAllOptions<Field extends string = string, T = never, R = unknown> = InsertOptions<
  Field,
  T
> &
  BatchOptions &
  ReturningOption<R>;

/** Options of `insertOrUpdate`: those of an insert for what is new, those of an update for what is stored. */
export type InsertOrUpdateOptions<Field extends string = string, T = never> = InsertOptions<Field, T> &
  UpdateOptions;

const staleOptionNames = ["staleErrorField", "staleErrorMessage", "allowStale"] as const;

export const writeOptionNames: ReadonlySet<string> = new Set(["tenant", ...commonNames]);
export const deleteOptionNames: ReadonlySet<string> = new Set([...writeOptionNames, ...staleOptionNames]);
export const updateOptionNames: ReadonlySet<string> = new Set([...deleteOptionNames, "force"]);
export const insertOptionNames: ReadonlySet<string> = new Set([
  ...writeOptionNames,
  "onConflict",
  "conflictTarget",
]);
export const insertOrUpdateOptionNames: ReadonlySet<string> = new Set([
  ...insertOptionNames,
  ...updateOptionNames,
]);
export const insertAllOptionNames: ReadonlySet<string> = new Set([...insertOptionNames, ...batchOptionNames]);
