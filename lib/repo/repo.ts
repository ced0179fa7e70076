import type { Changeset } from "../changeset/index.js";
import type { Query } from "../query/index.js";
import type { Attrs, FieldKey, SchemaClass } from "../schema/index.js";
import type { Tenant, TenantHost } from "../tenant/index.js";
import { type Multi, type MultiResult, runMulti } from "./multi.js";
import { RepoReads } from "./read/index.js";
import type * as more from "./read/read-more.js";
import type {
  BatchOptions,
  InsertOptions,
  RepoOptions,
  Session,
  TransactionOptions,
  WriteOptions,
} from "./transaction/index.js";
import {
  afterCommit,
  call,
  keepRepo,
  RepoCore,
  rollback,
  sessionOf,
  stateOfRepo,
  type TransactionBody,
  transactional,
  type Versioned,
} from "./transaction/index.js";
import {
  attempted,
  type Bulk,
  type BulkOptions,
  type Changes,
  deleteAll,
  insert,
  insertAll,
  insertOrUpdate,
  remove,
  update,
  updateAll,
} from "./write/index.js";

/** The outcome of the `try…` methods. */
export type WriteResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly changeset: Changeset<T> };

/** A Repo on the same core, bound to one transaction. */
function bind(session: Session, core: RepoCore): Repo {
  const bound = Object.create(Repo.prototype) as Repo;
  keepRepo(bound, { core, repo: bound, session, bind: (next) => bind(next, core) });
  return bound;
}

/**
 * The door to one store: reads, writes and transactions on the records of its tenants.
 *
 * A call outside of a transaction is a transaction of its own. Inside `repo.transactional`, calls on this Repo and on
 * the `tx` of the function join it. Calls of one tick are sent together.
 *
 * @example
 * const repo = new Repo({ url: "embedded:./data", storageId: "my-app", migrations: [[1, Catalog]] });
 */
export class Repo extends RepoReads implements TenantHost {
  /** @throws InvalidOptionsError; the engine is opened on first use */
  constructor(options: RepoOptions) {
    super();
    const core = new RepoCore(options);
    keepRepo(this, { core, repo: this, session: undefined, bind: (session) => bind(session, core) });
  }

  // ---- writes ----------------------------------------------------------------------------------------------------

  /**
   * Stores a new record: attributes, a record of `build`, or a changeset (also alone). Ids and timestamps that are
   * missing are filled in, and a related record gives its key.
   *
   * @throws InvalidChangesetError, ConstraintError, PrimaryKeyExistsError, UnknownFieldError, IncorrectTenancyError
   */
  insert<T extends object>(
    schema: SchemaClass<T>,
    input: Attrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<T>;
  insert<T extends object>(input: Changeset<T> | T, options?: InsertOptions<FieldKey<T>>): Promise<T>;
  insert(first: unknown, second?: unknown, third?: InsertOptions): Promise<unknown> {
    return call(this, "insert", first, (state) => insert(state, first, second, third));
  }

  /** Stores the changes over the record as it is stored now; nothing is written without changes. @throws StaleEntryError */
  update<T extends object>(changeset: Changeset<T>, options?: WriteOptions): Promise<T> {
    return call(this, "update", changeset, (state) =>
      update(state, changeset, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /** Removes a record. @throws StaleEntryError when there is none */
  delete<T extends object>(record: T | Changeset<T>, options?: WriteOptions): Promise<T> {
    return call(this, "delete", record, (state) =>
      remove(state, record, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /** Inserts the record of a changeset when it is new, updates it when it is stored. */
  insertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<T> {
    return call(this, "insertOrUpdate", changeset, (state) =>
      insertOrUpdate(state, changeset, options),
    ) as Promise<unknown> as Promise<T>;
  }

  /** As `insert`, with the failure of a changeset as a value; everything else is thrown. */
  tryInsert<T extends object>(
    schema: SchemaClass<T>,
    input: Attrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<WriteResult<T>>;
  tryInsert<T extends object>(
    input: Changeset<T> | T,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<WriteResult<T>>;
  tryInsert(first: unknown, second?: unknown, third?: InsertOptions): Promise<unknown> {
    return attempted(call(this, "insert", first, (state) => insert(state, first, second, third)));
  }

  /** As `update`, with the failure of the changeset as a value. */
  tryUpdate<T extends object>(changeset: Changeset<T>, options?: WriteOptions): Promise<WriteResult<T>> {
    return attempted(
      call(this, "update", changeset, (state) => update(state, changeset, options)),
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /** As `delete`, with the failure of the changeset as a value. */
  tryDelete<T extends object>(record: T | Changeset<T>, options?: WriteOptions): Promise<WriteResult<T>> {
    return attempted(
      call(this, "delete", record, (state) => remove(state, record, options)),
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /** As `insertOrUpdate`, with the failure of the changeset as a value. */
  tryInsertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<WriteResult<T>> {
    return attempted(
      call(this, "insertOrUpdate", changeset, (state) => insertOrUpdate(state, changeset, options)),
    ) as Promise<unknown> as Promise<WriteResult<T>>;
  }

  /**
   * Stores many records: in one transaction, or with `{ batch: n }` in one for every n rows, with `onProgress`.
   * A batch that fails leaves the batches before it stored.
   */
  insertAll<T extends object>(
    schema: SchemaClass<T>,
    rows: readonly (Attrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>)[],
    options?: InsertOptions<FieldKey<T>> & BatchOptions,
  ): Promise<Bulk<T>> {
    return call(this, "insertAll", schema, (state) =>
      insertAll(state, schema, rows, options),
    ) as Promise<unknown> as Promise<Bulk<T>>;
  }

  /** Changes all rows of a query: `{ field: value }` or a function of each record. Gives `{ count }`. */
  updateAll<T extends object>(
    query: Query<T> | SchemaClass<T>,
    changes: Changes<T>,
    options?: BulkOptions,
  ): Promise<{ readonly count: number }> {
    const set = changes as Changes<Record<string, unknown>>;
    return call(this, "updateAll", query, (state) =>
      updateAll(state, query as more.AnyQuery<unknown>, set, options),
    );
  }

  /** Deletes all rows of a query. Gives `{ count }`. */
  deleteAll<T extends object>(
    query: Query<T> | SchemaClass<T>,
    options?: BulkOptions,
  ): Promise<{ readonly count: number }> {
    return call(this, "deleteAll", query, (state) =>
      deleteAll(state, query as more.AnyQuery<unknown>, options),
    );
  }

  // ---- transactions ----------------------------------------------------------------------------------------------

  /**
   * Runs `fn` in a transaction, commits, and gives its value; on a conflict `fn` runs again, so it must have no other
   * effects (`repo.afterCommit` is for those). A call inside of a transaction of the same tenant joins it.
   *
   * With `exactlyOnce`, a retry after a commit of unknown outcome finds out whether it was applied, and then gives the
   * value of that attempt. A Multi runs its operations in order.
   *
   * @throws TransactionConflictError, TransactionTimeoutError, CommitUnknownError, IncorrectTenancyError
   */
  transactional<T>(
    tenant: Tenant,
    fn: TransactionBody<T>,
    options: TransactionOptions & { readonly returning: "version" },
  ): Promise<Versioned<T>>;
  transactional<Results>(
    tenant: Tenant,
    multi: Multi<Results>,
    options: TransactionOptions & { readonly returning: "version" },
  ): Promise<Versioned<MultiResult<Results>>>;
  transactional<Results>(
    tenant: Tenant,
    multi: Multi<Results>,
    options?: TransactionOptions,
  ): Promise<MultiResult<Results>>;
  transactional<Results>(multi: Multi<Results>, options?: TransactionOptions): Promise<MultiResult<Results>>;
  transactional<T>(tenant: Tenant, fn: TransactionBody<T>, options?: TransactionOptions): Promise<T>;
  transactional<T>(
    fn: TransactionBody<T>,
    options: TransactionOptions & { readonly returning: "version" },
  ): Promise<Versioned<T>>;
  transactional<T>(fn: TransactionBody<T>, options?: TransactionOptions): Promise<T>;
  transactional(first: unknown, second?: unknown, third?: unknown): Promise<unknown> {
    return (
      runMulti(stateOfRepo(this), first, second, third) ??
      transactional(stateOfRepo(this), first, second, third)
    );
  }

  /** Ends the transaction without a commit; `repo.transactional` resolves with `value`. @throws NotInTransactionError */
  rollback(value?: unknown): never {
    return rollback(stateOfRepo(this), value);
  }

  /** Runs `fn` once after the commit, and not at all without one; outside of a transaction at once. */
  afterCommit(fn: () => unknown): void {
    afterCommit(stateOfRepo(this), fn);
  }

  /** Whether calls on this Repo join a transaction here. */
  get inTransaction(): boolean {
    const session = sessionOf(stateOfRepo(this));
    return session !== undefined && !session.ended;
  }
}
