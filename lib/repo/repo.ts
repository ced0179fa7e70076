import type { Changeset } from "../changeset/index.js";
import type { Engine } from "../engine/index.js";
import type { MetadataCache } from "../layer/index.js";
import { migrateTenant } from "../migration/index.js";
import type { Explanation, PlainRow, Query, Selects, Where } from "../query/index.js";
import type { Attrs, FieldKey, Preloaded, PreloadPath, SchemaClass } from "../schema/index.js";
import type { Tenant, TenantHost } from "../tenant/index.js";
import { type Bulk, type BulkOptions, type Changes, deleteAll, insertAll, updateAll } from "./bulk.js";
import { type RepoConfig, RepoCore } from "./core.js";
import type { MultiResult } from "./multi.js";
import { type Multi, runMulti } from "./multi.js";
import type {
  BatchOptions,
  InsertOptions,
  ReadOptions,
  RepoOptions,
  TransactionOptions,
  WriteOptions,
} from "./options.js";
import * as more from "./read-more.js";
import { get, getOrThrow, noResults, one, oneOrThrow } from "./read-one.js";
import { preload, reload } from "./read-records.js";
import { type Page, readRows } from "./read-rows.js";
import type { Session } from "./session.js";
import { keepRepo, sessionOf, stateOfRepo } from "./state.js";
import {
  afterCommit,
  rollback,
  type TransactionBody,
  transactional,
  type Versioned,
} from "./transactional.js";
import { attempted, insert, insertOrUpdate, remove, update } from "./write-one.js";

type Queryable<Row> = Selects<Row> | SchemaClass<Row & object>;
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
export class Repo implements TenantHost {
  /** @throws InvalidOptionsError; the engine is opened on first use */
  constructor(options: RepoOptions) {
    const core = new RepoCore(options);
    keepRepo(this, { core, repo: this, session: undefined, bind: (session) => bind(session, core) });
  }

  // ---- the store -------------------------------------------------------------------------------------------------

  /** The configuration in force: `PLINTH_URL` included, frozen. */
  get config(): RepoConfig {
    return stateOfRepo(this).core.config;
  }

  /** Name of the application's directory in the store. */
  get storageId(): string {
    return this.config.storageId;
  }

  /** Index registrations by tenant, shared by everything that works through this Repo. */
  get metadata(): MetadataCache {
    return stateOfRepo(this).core.metadata;
  }

  /** The engine, opened on first use. */
  engine(): Promise<Engine> {
    return stateOfRepo(this).core.engine();
  }

  /** Applies the Repo's migrations to a tenant; called whenever one is opened. */
  async prepareTenant(tenant: Tenant): Promise<void> {
    const { core } = stateOfRepo(this);
    const host = { engine: () => core.engine(), metadata: core.metadata };
    if (core.config.migrations.length > 0) await migrateTenant(host, tenant, core.config.migrations);
  }

  /** Closes the engine (unless it was given); calls after it throw `RepoClosedError`. Idempotent. */
  close(): Promise<void> {
    return stateOfRepo(this).core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- reads -----------------------------------------------------------------------------------------------------

  /** A record by primary key (of a partitioned schema `[partition, id]`), or `null`. One point read. */
  get<T extends object>(schema: SchemaClass<T>, id: unknown, options?: ReadOptions): Promise<T | null> {
    return get(stateOfRepo(this), schema, id, options);
  }

  /** As `get`. @throws NoResultsError */
  getOrThrow<T extends object>(schema: SchemaClass<T>, id: unknown, options?: ReadOptions): Promise<T> {
    return getOrThrow(stateOfRepo(this), schema, id, options);
  }

  /** The one row with these values, or `null`. @throws MultipleResultsError, UnsupportedQueryError */
  getBy<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T | null>;
  getBy<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R | null>;
  getBy(query: more.AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown> {
    return more.getBy(stateOfRepo(this), query, where, options);
  }

  /** As `getBy`. @throws NoResultsError */
  getByOrThrow<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T>;
  getByOrThrow<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R>;
  async getByOrThrow(query: more.AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown> {
    const row = await more.getBy(stateOfRepo(this), query, where, options);
    if (row === null) throw noResults(`A query by ${Object.keys(where).join(", ")}`);
    return row;
  }

  /** The row of a query that finds at most one, or `null`; reads two rows at most. @throws MultipleResultsError */
  one<R>(query: Queryable<R>, options?: ReadOptions): Promise<R | null> {
    return one<R>(stateOfRepo(this), query, options);
  }

  /** As `one`. @throws NoResultsError */
  oneOrThrow<R>(query: Queryable<R>, options?: ReadOptions): Promise<R> {
    return oneOrThrow<R>(stateOfRepo(this), query, options);
  }

  /**
   * All rows of a query.
   *
   * @example const ids = await repo.all(from(Product).select("id"), { tenant });
   * @throws UnsupportedQueryError when no index serves it; the message prints the migration line
   */
  all<R>(query: Queryable<R>, options?: ReadOptions): Promise<R[]> {
    return readRows<R>(stateOfRepo(this), more.treeOf(query), "all", options);
  }

  /** All rows of a query that also have these values. */
  allBy<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T[]>;
  allBy<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R[]>;
  allBy(query: more.AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown[]> {
    return more.allBy(stateOfRepo(this), query, where, options);
  }

  /**
   * Rows by a range of primary keys, `from` included and `to` not (`inclusiveLeft`, `inclusiveRight`); `null` leaves a
   * side open.
   */
  allRange<T extends object>(
    schema: SchemaClass<T>,
    from: unknown,
    to: unknown,
    options?: more.RangeOptions,
  ): Promise<T[]>;
  allRange<R>(query: Selects<R>, from: unknown, to: unknown, options?: more.RangeOptions): Promise<R[]>;
  allRange(source: string, from: unknown, to: unknown, options?: more.RangeOptions): Promise<PlainRow[]>;
  allRange(
    query: more.AnyQuery<unknown>,
    from: unknown,
    to: unknown,
    options?: more.RangeOptions,
  ): Promise<unknown[]> {
    return more.allRange(stateOfRepo(this), query, from, to, options);
  }

  /**
   * Rows as they are needed, page by page (`{ batch }`, default 500), each page in a transaction of its own. So a
   * stream outlasts FoundationDB's five seconds, and is not one snapshot.
   */
  stream<R>(query: Queryable<R>, options?: more.StreamOptions): AsyncGenerator<R> {
    return more.stream<R>(stateOfRepo(this), query, options);
  }

  /** One page of a query: `{ rows, next }`; hand `next` to the following call as `after`. @throws InvalidCursorError */
  page<R>(query: Queryable<R>, options: more.PageOptions): Promise<Page<R>> {
    return more.page<R>(stateOfRepo(this), query, options);
  }

  /** Whether the query finds anything; reads one row at most. */
  exists(query: Queryable<unknown>, options?: ReadOptions): Promise<boolean> {
    return more.exists(stateOfRepo(this), query, options);
  }

  /** The number of rows; reads the keys of an index where one serves the query, else the rows. */
  count(query: Queryable<unknown>, options?: ReadOptions): Promise<number> {
    return more.count(stateOfRepo(this), query, options);
  }

  /**
   * `count`, `sum`, `avg`, `min` or `max` over the rows of a query; `min` and `max` read one row where an index has
   * the field, the others every row. Empty values do not count; of nothing, all but `count` are `null`.
   */
  aggregate(
    query: Queryable<unknown>,
    operation: "count",
    field?: string,
    options?: ReadOptions,
  ): Promise<number>;
  aggregate(
    query: Queryable<unknown>,
    operation: "avg",
    field: string,
    options?: ReadOptions,
  ): Promise<number | null>;
  aggregate<T extends object, K extends FieldKey<T>>(
    schema: SchemaClass<T>,
    operation: "sum" | "min" | "max",
    field: K,
    options?: ReadOptions,
  ): Promise<T[K] | null>;
  aggregate<T, R, K extends FieldKey<T>>(
    query: Query<T, R>,
    operation: "sum" | "min" | "max",
    field: K,
    options?: ReadOptions,
  ): Promise<T[K] | null>;
  aggregate(
    query: Queryable<unknown>,
    operation: more.Aggregate,
    field?: string,
    options?: ReadOptions,
  ): Promise<unknown> {
    return more.aggregate(stateOfRepo(this), query, operation, field, options);
  }

  /** A record, or records, as stored now; `null` for what is gone. */
  reload<T extends object>(record: T, options?: ReadOptions): Promise<T | null>;
  reload<T extends object>(records: readonly T[], options?: ReadOptions): Promise<(T | null)[]>;
  reload(given: unknown, options?: ReadOptions): Promise<unknown> {
    return reload(stateOfRepo(this), given, options);
  }

  /** Copies of records with relations loaded, to three levels. @example await repo.preload(product, "reviews.author") */
  preload<T extends object, const P extends PreloadPath<T>>(
    record: T,
    paths: P | readonly P[],
    options?: ReadOptions,
  ): Promise<Preloaded<T, P>>;
  preload<T extends object, const P extends PreloadPath<T>>(
    records: readonly T[],
    paths: P | readonly P[],
    options?: ReadOptions,
  ): Promise<Preloaded<T, P>[]>;
  preload(given: unknown, paths: string | readonly string[], options?: ReadOptions): Promise<unknown> {
    return preload(stateOfRepo(this), given, paths, options);
  }

  /** How a query would be read: index, key ranges, requests, what is tested in memory; as data and as `text`. */
  explain(query: Queryable<unknown>, options?: ReadOptions): Promise<Explanation> {
    return more.explain(stateOfRepo(this), query, options);
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
    return insert(stateOfRepo(this), first, second, third);
  }

  /** Stores the changes over the record as it is stored now; nothing is written without changes. @throws StaleEntryError */
  update<T extends object>(changeset: Changeset<T>, options?: WriteOptions): Promise<T> {
    return update(stateOfRepo(this), changeset, options) as Promise<unknown> as Promise<T>;
  }

  /** Removes a record. @throws StaleEntryError when there is none */
  delete<T extends object>(record: T | Changeset<T>, options?: WriteOptions): Promise<T> {
    return remove(stateOfRepo(this), record, options) as Promise<unknown> as Promise<T>;
  }

  /** Inserts the record of a changeset when it is new, updates it when it is stored. */
  insertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<T> {
    return insertOrUpdate(stateOfRepo(this), changeset, options) as Promise<unknown> as Promise<T>;
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
    return attempted(insert(stateOfRepo(this), first, second, third));
  }

  /** As `update`, with the failure of the changeset as a value. */
  tryUpdate<T extends object>(changeset: Changeset<T>, options?: WriteOptions): Promise<WriteResult<T>> {
    return attempted(update(stateOfRepo(this), changeset, options)) as Promise<unknown> as Promise<
      WriteResult<T>
    >;
  }

  /** As `delete`, with the failure of the changeset as a value. */
  tryDelete<T extends object>(record: T | Changeset<T>, options?: WriteOptions): Promise<WriteResult<T>> {
    return attempted(remove(stateOfRepo(this), record, options)) as Promise<unknown> as Promise<
      WriteResult<T>
    >;
  }

  /** As `insertOrUpdate`, with the failure of the changeset as a value. */
  tryInsertOrUpdate<T extends object>(
    changeset: Changeset<T>,
    options?: InsertOptions<FieldKey<T>>,
  ): Promise<WriteResult<T>> {
    return attempted(insertOrUpdate(stateOfRepo(this), changeset, options)) as Promise<unknown> as Promise<
      WriteResult<T>
    >;
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
    return insertAll(stateOfRepo(this), schema, rows, options) as Promise<unknown> as Promise<Bulk<T>>;
  }

  /** Changes all rows of a query: `{ field: value }` or a function of each record. Gives `{ count }`. */
  updateAll<T extends object>(
    query: Query<T> | SchemaClass<T>,
    changes: Changes<T>,
    options?: BulkOptions,
  ): Promise<{ readonly count: number }> {
    return updateAll(
      stateOfRepo(this),
      query as more.AnyQuery<unknown>,
      changes as Changes<Record<string, unknown>>,
      options,
    );
  }

  /** Deletes all rows of a query. Gives `{ count }`. */
  deleteAll<T extends object>(
    query: Query<T> | SchemaClass<T>,
    options?: BulkOptions,
  ): Promise<{ readonly count: number }> {
    return deleteAll(stateOfRepo(this), query as more.AnyQuery<unknown>, options);
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
    options?: TransactionOptions,
  ): Promise<MultiResult<Results>>;
  transactional<T>(tenant: Tenant, fn: TransactionBody<T>, options?: TransactionOptions): Promise<T>;
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
