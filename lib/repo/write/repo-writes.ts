/** Defines the methods of a Repo that write. */

import type { Changeset } from "../../changeset/index.js";
import type { Query, Selects } from "../../query/index.js";
import type { FieldKey, NewAttrs, SchemaClass } from "../../schema/index.js";
import {
  type BulkOptions,
  type Changes,
  type Counted,
  deleteAll,
  type Returned,
  type Returning,
  type ReturningOption,
  updateAll,
} from "../bulk/index.js";
import { type AnyQuery, RepoReads } from "../read/index.js";
import { callToWrite } from "../transaction/index.js";
import { attempted } from "./attempted.js";
import { insertAll } from "./insert-all.js";
import type { Bulk } from "./inserted.js";
import { insert, insertOrUpdate, remove, removeIfExists, update } from "./write-one.js";
import type {
  DeleteOptions,
  InsertAllOptions,
  InsertOptions,
  InsertOrUpdateOptions,
  UpdateOptions,
  WriteOptions,
} from "./write-options.js";

/** The outcome of the `try…` methods. */
export type WriteResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly changeset: Changeset<T> };

export abstract class RepoWrites extends RepoReads {
  /**
   * Stores a new record: attributes, a record of `build`, or a changeset (also alone). Ids and timestamps that are
   * missing are filled in, and a related record gives its key.
   *
   * @throws InvalidChangesetError, ConstraintError, PrimaryKeyExistsError, UnknownFieldError, IncorrectTenancyError
   */
  insert<T extends object>(
    schema: SchemaClass<T>,
    input: NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<T>;
  insert<T extends object>(
    input: Changeset<T> | T,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<T>;
  insert(first: unknown, second?: unknown, third?: object): Promise<unknown> {
    return callToWrite(this, "insert", first, (state) =>
      insert(state, first, second, third as InsertOptions),
    );
  }

  /** Stores the changes over the record as it is stored now; nothing is written without changes. @throws StaleEntryError */
  update<T extends object>(changeset: Changeset<T>, options?: UpdateOptions): Promise<T> {
    return callToWrite(this, "update", changeset, (state) =>
      update(state, changeset, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /** Removes a record. @throws StaleEntryError when there is none */
  delete<T extends object>(record: T | Changeset<T>, options?: DeleteOptions): Promise<T> {
    return callToWrite(this, "delete", record, (state) =>
      remove(state, record, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /**
   * As `delete`; gives `null` when there is no such record (any more). A lock that another one holds is still refused.
   *
   * @example await repo.deleteIfExists(draft);
   * @throws StaleEntryError for an `optimisticLock` that differs
   */
  deleteIfExists<T extends object>(record: T | Changeset<T>, options?: WriteOptions): Promise<T | null> {
    return callToWrite(this, "deleteIfExists", record, (state) =>
      removeIfExists(state, record, options),
    ) as Promise<unknown> as Promise<T | null>;
  }

  /** Inserts the record of a changeset when it is new, updates it when it is stored. */
  insertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOrUpdateOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<T> {
    return callToWrite(this, "insertOrUpdate", changeset, (state) =>
      insertOrUpdate(state, changeset, options as InsertOrUpdateOptions),
    ) as Promise<unknown> as Promise<T>;
  }

  /** As `insert`, with the failure of a changeset as a value; everything else is thrown. */
  tryInsert<T extends object>(
    schema: SchemaClass<T>,
    input: NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<WriteResult<T>>;
  tryInsert<T extends object>(
    input: Changeset<T> | T,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<WriteResult<T>>;
  tryInsert(first: unknown, second?: unknown, third?: object): Promise<unknown> {
    return callToWrite(
      this,
      "insert",
      first,
      (state) => insert(state, first, second, third as InsertOptions),
      attempted,
    );
  }

  /** As `update`, with the failure of the changeset as a value. */
  tryUpdate<T extends object>(changeset: Changeset<T>, options?: UpdateOptions): Promise<WriteResult<T>> {
    return callToWrite(
      this,
      "update",
      changeset,
      (state) => update(state, changeset, options),
      attempted,
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /** As `delete`, with the failure of the changeset as a value. */
  tryDelete<T extends object>(record: T | Changeset<T>, options?: DeleteOptions): Promise<WriteResult<T>> {
    return callToWrite(
      this,
      "delete",
      record,
      (state) => remove(state, record, options),
      attempted,
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /** As `insertOrUpdate`, with the failure of the changeset as a value. */
  tryInsertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOrUpdateOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<WriteResult<T>> {
    return callToWrite(
      this,
      "insertOrUpdate",
      changeset,
      (state) => insertOrUpdate(state, changeset, options as InsertOrUpdateOptions),
      attempted,
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /**
   * Stores many records: in one transaction, or with `{ batch: n }` in one for every n rows, with `onProgress`.
   * A batch that fails leaves the batches before it stored. In place of a list, a query with a function that makes attributes
   * of each of its rows, which are read in the transaction that inserts; the function runs again when that does.
   *
   * @example await repo.insertAll(Archived, from(Order).where({ open: false }), ({ id, total }) => ({ id, total }), { batch: 500, tenant });
   * @throws what `insert` throws
   */
  insertAll<T extends object, const R extends Returning<NoInfer<T>> | undefined = undefined>(
    schema: SchemaClass<T>,
    rows: readonly (NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>)[],
    options?: InsertAllOptions<FieldKey<T>, NoInfer<T>, R>,
  ): Promise<Bulk<Returned<T, R>>>;
  insertAll<T extends object, Row, const R extends Returning<NoInfer<T>> | undefined = undefined>(
    schema: SchemaClass<T>,
    query: Selects<Row>,
    make: (row: Row) => NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>,
    options?: InsertAllOptions<FieldKey<T>, NoInfer<T>, R>,
  ): Promise<Bulk<Returned<T, R>>>;
  insertAll<T extends object, const R extends Returning<NoInfer<T>> | undefined = undefined>(
    schema: SchemaClass<T>,
    query: Selects<NewAttrs<NoInfer<T>>>,
    options?: InsertAllOptions<FieldKey<T>, NoInfer<T>, R>,
  ): Promise<Bulk<Returned<T, R>>>;
  insertAll(
    schema: SchemaClass<object>,
    rows: unknown,
    third?: unknown,
    fourth?: unknown,
  ): Promise<Bulk<never>> {
    return callToWrite(this, "insertAll", schema, (state) =>
      insertAll(state, schema, rows, third, fourth),
    ) as Promise<unknown> as Promise<Bulk<never>>;
  }

  /**
   * Changes all rows of a query: `{ field: value }`, with `{ inc, push, pull }` beside them, or a function of each record.
   * Gives `{ count }`, with `returning` also the records.
   *
   * Values and operators are written over the row as it is stored, in one read of it; a field is a part of its record, so
   * that no atomic operation reaches it.
   *
   * @example await repo.updateAll(from(Product).where({ shelf: 7 }), { inc: { stock: -1 }, push: { tags: "sold" } }, { tenant });
   */
  updateAll<T extends object, const R extends Returning<NoInfer<T>> | undefined = undefined>(
    query: Query<T> | SchemaClass<T>,
    changes: Changes<T>,
    options?: BulkOptions & ReturningOption<R>,
  ): Promise<Counted<T, R>> {
    const set = changes as Changes<Record<string, unknown>>;
    return callToWrite(this, "updateAll", query, (state) =>
      updateAll(state, query as AnyQuery<unknown>, set, options),
    ) as Promise<unknown> as Promise<Counted<T, R>>;
  }

  /** Deletes all rows of a query. Gives `{ count }`, with `returning` also the records as they were. */
  deleteAll<T extends object, const R extends Returning<NoInfer<T>> | undefined = undefined>(
    query: Query<T> | SchemaClass<T>,
    options?: BulkOptions & ReturningOption<R>,
  ): Promise<Counted<T, R>> {
    return callToWrite(this, "deleteAll", query, (state) =>
      deleteAll(state, query as AnyQuery<unknown>, options),
    ) as Promise<unknown> as Promise<Counted<T, R>>;
  }
}
