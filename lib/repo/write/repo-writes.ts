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

/** The outcome of the `try…` methods: the record as it is stored, or the changeset with what refused it. */
export type WriteResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly changeset: Changeset<T> };

/**
 * The methods of a Repo that write. Each is one transaction, or a part of the one around it: all that belongs to a call is
 * stored, or nothing.
 *
 * Besides the errors of its line a write may fail with InvalidOptionsError, IncorrectTenancyError, TenantGoneError,
 * ReadOnlyRepoError, RepoClosedError and those of `repo.transactional`.
 */
export abstract class RepoWrites extends RepoReads {
  /**
   * Stores a new record: attributes, a record of `build`, or a changeset (also alone), and the related records in it. Gives
   * the record with ids, timestamps and defaults filled in.
   *
   * @example
   * const product = await repo.insert(Product, { name: "Cereal", reviews: [{ score: 5 }] }, { tenant });
   * await repo.insert(Review, { productId: product.id, score: 4 }, { tenant, onConflict: "nothing" });
   * @throws InvalidChangesetError, ConstraintError (a rule of the store that the changeset does not declare),
   *   PrimaryKeyExistsError, RequiredFieldError, UnknownFieldError, UnsupportedQueryError (a `conflictTarget` without a
   *   unique index)
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

  /**
   * Stores the changes of a changeset over the record as it is stored now, and gives the record. Without changes nothing is
   * written, unless `{ force: true }`.
   *
   * @example const renamed = await repo.update(change(product, { name: "Porridge" }));
   * @throws StaleEntryError when the record is gone or its lock differs, InvalidChangesetError, ConstraintError,
   *   PrimaryKeyChangeError, ChangeError (a record that was changed in place, and a changeset that says nothing)
   */
  update<T extends object>(changeset: Changeset<T>, options?: UpdateOptions): Promise<T> {
    return callToWrite(this, "update", changeset, (state) =>
      update(state, changeset, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /**
   * Removes a record, with what goes with it (`onDelete` of its relations), and gives it as it was.
   *
   * @example await repo.delete(product);
   * @throws StaleEntryError when there is none or its lock differs, InvalidChangesetError, CascadeTooLargeError,
   *   MissingIndexError
   */
  delete<T extends object>(record: T | Changeset<T>, options?: DeleteOptions): Promise<T> {
    return callToWrite(this, "delete", record, (state) =>
      remove(state, record, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /**
   * As `delete`; gives `null` when there is no such record (any more). A lock that differs is still refused.
   *
   * @example await repo.deleteIfExists(draft);
   * @throws StaleEntryError for an `optimisticLock` that differs, and as `delete`
   */
  deleteIfExists<T extends object>(record: T | Changeset<T>, options?: WriteOptions): Promise<T | null> {
    return callToWrite(this, "deleteIfExists", record, (state) =>
      removeIfExists(state, record, options),
    ) as Promise<unknown> as Promise<T | null>;
  }

  /**
   * Inserts the record of a changeset when it is new, updates it when it was read from the store or written to it.
   *
   * Which of the two is what the record itself says; to decide by what is stored, use `insert` with `onConflict`.
   *
   * @example const saved = await repo.insertOrUpdate(change(product, { name: "Porridge" }), { tenant });
   * @throws as `insert` and `update`
   */
  insertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOrUpdateOptions<FieldKey<T>, NoInfer<T>>,
  ): Promise<T> {
    return callToWrite(this, "insertOrUpdate", changeset, (state) =>
      insertOrUpdate(state, changeset, options as InsertOrUpdateOptions),
    ) as Promise<unknown> as Promise<T>;
  }

  /**
   * As `insert`, with a changeset that is refused as a value: `{ ok: true, value }` or `{ ok: false, changeset }`.
   *
   * @example
   * const result = await repo.tryInsert(User, User.changeset(build(User), params), { tenant });
   * if (!result.ok) render(result.changeset.traverseErrors());
   * @throws as `insert`, without InvalidChangesetError
   */
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

  /**
   * As `update`, with a changeset that is refused as a value: `{ ok: true, value }` or `{ ok: false, changeset }`.
   *
   * @example
   * const result = await repo.tryUpdate(User.changeset(user, params));
   * if (!result.ok) render(result.changeset.traverseErrors());
   * @throws as `update`, without InvalidChangesetError
   */
  tryUpdate<T extends object>(changeset: Changeset<T>, options?: UpdateOptions): Promise<WriteResult<T>> {
    return callToWrite(
      this,
      "update",
      changeset,
      (state) => update(state, changeset, options),
      attempted,
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /**
   * As `delete`, with a changeset that is refused as a value: `{ ok: true, value }` or `{ ok: false, changeset }`.
   *
   * @example
   * const result = await repo.tryDelete(change(product).noAssocConstraint("reviews"));
   * if (!result.ok) render(result.changeset.traverseErrors()); // { reviews: ["are still associated with this entry"] }
   * @throws as `delete`, without InvalidChangesetError
   */
  tryDelete<T extends object>(record: T | Changeset<T>, options?: DeleteOptions): Promise<WriteResult<T>> {
    return callToWrite(
      this,
      "delete",
      record,
      (state) => remove(state, record, options),
      attempted,
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /**
   * As `insertOrUpdate`, with a changeset that is refused as a value: `{ ok: true, value }` or `{ ok: false, changeset }`.
   *
   * @example
   * const result = await repo.tryInsertOrUpdate(User.changeset(user, params), { tenant });
   * if (!result.ok) render(result.changeset.traverseErrors());
   * @throws as `insertOrUpdate`, without InvalidChangesetError
   */
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
   * Stores many records: in one transaction, or with `{ batch: n }` in one for every n rows. Gives `{ count, records }`, in
   * the order of the input; what `onConflict: "nothing"` has skipped is left out.
   *
   * In place of a list, a query with a function that makes attributes of each of its rows, which are read in the
   * transaction that inserts; the function runs again when that does. A batch that fails leaves the batches before it
   * stored.
   *
   * @example
   * await repo.insertAll(Product, [{ name: "Cereal" }, { name: "Seeds" }], { tenant });
   * await repo.insertAll(Archived, from(Order).where({ open: false }), ({ id, total }) => ({ id, total }), { batch: 500, tenant });
   * @throws as `insert`; InvalidOptionsError for `batch` inside of a transaction
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
   * Gives `{ count }`, with `returning` also the `records` as they are stored now.
   *
   * All of it is written over the row as it is stored. A function is given that, once as a rule; once more where a write
   * beside it in the transaction has changed the row since. What the query has read is not read again: along the key, or by an
   * index that holds the records (`include: "all"`), range reads are all it takes. A field is a part of its record, so that no
   * atomic operation reaches it.
   *
   * @example
   * await repo.updateAll(from(Product).where({ shelf: 7 }), { inc: { stock: -1 }, push: { tags: "sold" } }, { tenant });
   * await repo.updateAll(Product, ({ name }) => ({ name: name.trim() }), { batch: 500, tenant });
   * @throws as `update`; UnsupportedQueryError when no index serves the query
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

  /**
   * Deletes all rows of a query, with what goes with each. Gives `{ count }`, with `returning` also the `records` as they
   * were.
   *
   * @example const { count } = await repo.deleteAll(from(Review).where({ score: { lt: 2 } }), { tenant });
   * @throws as `delete`; UnsupportedQueryError when no index serves the query
   */
  deleteAll<T extends object, const R extends Returning<NoInfer<T>> | undefined = undefined>(
    query: Query<T> | SchemaClass<T>,
    options?: BulkOptions & ReturningOption<R>,
  ): Promise<Counted<T, R>> {
    return callToWrite(this, "deleteAll", query, (state) =>
      deleteAll(state, query as AnyQuery<unknown>, options),
    ) as Promise<unknown> as Promise<Counted<T, R>>;
  }
}
