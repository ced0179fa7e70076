/** Defines the methods of a Repo that read. */

import {
  type Explanation,
  type PlainRow,
  type PreloadedBy,
  type PreloadTree,
  type Query,
  type Selects,
  type Where,
  withWhere,
} from "../../query/index.js";
import type { FieldKey, IdOf, Preloaded, PreloadPath, SchemaClass, SummandKey } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { call, stateOfRepo } from "../transaction/index.js";
import { type Aggregate, type AggregateOptions, aggregate } from "./aggregate.js";
import { allRange, type RangeOptions } from "./all-range.js";
import { count, exists } from "./count.js";
import { countBy } from "./count-by.js";
import { explain } from "./explain.js";
import { get, getOrThrow } from "./get.js";
import { getBy, getByOrThrow, one, oneOrThrow } from "./one.js";
import { type Page, type PageOptions, page } from "./page.js";
import { type PreloadOptions, preload } from "./preload.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import type { ReadOptions } from "./read-options.js";
import { readRows } from "./read-rows.js";
import { reload, reloadOrThrow } from "./reload.js";
import { type StreamOptions, stream } from "./stream.js";
import { isTaken } from "./taken.js";

type Queryable<Row> = Selects<Row> | SchemaClass<Row & object>;

/** What is done in the transaction of a page of a stream. */
type PageWork<Tx, Row> = (tx: Tx, rows: readonly Row[]) => unknown;

/** A list has no relations; that of one record is not taken for it. */
type OfOne<T> = T extends readonly unknown[] ? never : unknown;

/**
 * The methods of a Repo that read. Each takes `{ tenant }` outside of a transaction, unless the Repo has a `tenantId`.
 *
 * Besides the errors of its line a read may fail with InvalidOptionsError (an option that it does not know), SchemaError (a
 * class that is no schema), IncorrectTenancyError, TenantGoneError, RepoClosedError, TooManyKeysError (`maxKeys`) and
 * TransactionTimeoutError (`timeoutMs`).
 */
export abstract class RepoReads {
  /**
   * A record by primary key, or `null`. One point read.
   *
   * The id of a partitioned schema, or of a composite key, is all values in their order (`[partition, id]`) or by name.
   *
   * @example
   * const product = await repo.get(Product, "p1", { tenant });
   * if (product === null) throw new Error("There is no such product.");
   * @throws NoPrimaryKeyValueError for an id that is null or undefined, InvalidValueError for one of another type,
   *   InvalidQueryError for what does not name all values of a partitioned or composite key
   */
  get<T extends object>(
    schema: SchemaClass<T>,
    id: IdOf<NoInfer<T>>,
    options?: ReadOptions,
  ): Promise<T | null> {
    return call(this, "get", schema, (state) => get(state, schema, id, options));
  }

  /**
   * As `get`, for a record that must be there.
   *
   * @example const { name } = await repo.getOrThrow(Product, "p1", { tenant });
   * @throws NoResultsError, and as `get`
   */
  getOrThrow<T extends object>(
    schema: SchemaClass<T>,
    id: IdOf<NoInfer<T>>,
    options?: ReadOptions,
  ): Promise<T> {
    return call(this, "getOrThrow", schema, (state) => getOrThrow(state, schema, id, options));
  }

  /**
   * The one row with these values, or `null`; reads two rows at most.
   *
   * @example const user = await repo.getBy(User, { email: "ada@example.com" }, { tenant });
   * @throws MultipleResultsError, UnsupportedQueryError when no index serves it, InvalidQueryError, UnknownFieldError
   */
  getBy<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T | null>;
  getBy<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R | null>;
  getBy(query: AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown> {
    return call(this, "getBy", query, (state) => getBy(state, query, where, options));
  }

  /**
   * As `getBy`, for a row that must be there.
   *
   * @example const user = await repo.getByOrThrow(User, { email: "ada@example.com" }, { tenant });
   * @throws NoResultsError, and as `getBy`
   */
  getByOrThrow<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T>;
  getByOrThrow<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R>;
  getByOrThrow(query: AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown> {
    return call(this, "getByOrThrow", query, (state) => getByOrThrow(state, query, where, options));
  }

  /**
   * The row of a query that finds at most one, or `null`; reads two rows at most.
   *
   * @example const newest = await repo.one(from(Review).last("insertedAt"), { tenant });
   * @throws MultipleResultsError, UnsupportedQueryError when no index serves it
   */
  one<R>(query: Queryable<R>, options?: ReadOptions): Promise<R | null> {
    return call(this, "one", query, (state) => one<R>(state, query, options));
  }

  /**
   * As `one`, for a row that must be there.
   *
   * @example const { score } = await repo.oneOrThrow(from(Review).last("insertedAt"), { tenant });
   * @throws NoResultsError, and as `one`
   */
  oneOrThrow<R>(query: Queryable<R>, options?: ReadOptions): Promise<R> {
    return call(this, "oneOrThrow", query, (state) => oneOrThrow<R>(state, query, options));
  }

  /**
   * All rows of a query, in its order; a class stands for all of its records.
   *
   * @example const ids = await repo.all(from(Product).select("id"), { tenant });
   * @throws UnsupportedQueryError when no index serves it; the message prints the migration line
   */
  all<R>(query: Queryable<R>, options?: ReadOptions): Promise<R[]> {
    return call(this, "all", query, (state) => readRows<R>(state, treeOf(query), "all", options));
  }

  /**
   * All rows of a query that also have these values.
   *
   * @example const best = await repo.allBy(Review, { productId: "p1", score: { gte: 4 } }, { tenant });
   * @throws UnsupportedQueryError when no index serves it, InvalidQueryError, UnknownFieldError
   */
  allBy<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T[]>;
  allBy<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R[]>;
  allBy(query: AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown[]> {
    return call(this, "allBy", query, (state) =>
      readRows(state, withWhere(treeOf(query), where), "allBy", options),
    );
  }

  /**
   * Rows by a range of primary keys, in the order of the keys. `from` is included and `to` is not, unless `inclusiveLeft`
   * and `inclusiveRight` say otherwise; `null` leaves a side open.
   *
   * A bound of a partitioned schema, or of a composite key, is all values in their order, of which only the last may
   * differ.
   *
   * @example const products = await repo.allRange(Product, "a", "n", { tenant });
   * @throws InvalidQueryError for a bound that is undefined or no key; UnsupportedQueryError for a range over two
   *   partitions
   */
  allRange<T extends object>(
    schema: SchemaClass<T>,
    from: unknown,
    to: unknown,
    options?: RangeOptions,
  ): Promise<T[]>;
  allRange<R>(query: Selects<R>, from: unknown, to: unknown, options?: RangeOptions): Promise<R[]>;
  allRange(source: string, from: unknown, to: unknown, options?: RangeOptions): Promise<PlainRow[]>;
  allRange(query: AnyQuery<unknown>, from: unknown, to: unknown, options?: RangeOptions): Promise<unknown[]> {
    return call(this, "allRange", query, (state) => allRange(state, query, from, to, options));
  }

  /**
   * Rows as they are needed, page by page (`{ batch }`, default 500 rows), each page in a transaction of its own. So a
   * stream outlasts FoundationDB's five seconds, and is not one snapshot, unless `within: "snapshot"` asks for it.
   *
   * @example for await (const product of repo.stream(from(Product), { batch: 100, tenant })) console.log(product.name);
   * @throws UnsupportedQueryError for an order that no index delivers, InvalidQueryError, SnapshotExpiredError (`within:
   *   "snapshot"` that took longer than the store keeps a version)
   */
  stream<R>(query: Queryable<R>, options?: StreamOptions<PageWork<this, NoInfer<R>>>): AsyncGenerator<R> {
    return stream<R>(stateOfRepo(this), query, options);
  }

  /**
   * One page of a query: `{ rows, next }`. Hand `next` to the following call as `after`; it is `null` on the last page.
   *
   * Rows that come and go between two pages shift nothing: a cursor names the place behind the last row.
   *
   * @example
   * const first = await repo.page(from(Product).orderBy("name"), { limit: 20, tenant });
   * const second = await repo.page(from(Product).orderBy("name"), { limit: 20, after: first.next, tenant });
   * @throws InvalidCursorError for a cursor of another query or tenant, InvalidQueryError without a limit of at least 1,
   *   UnsupportedQueryError for an order that no index delivers
   */
  page<R>(query: Queryable<R>, options: PageOptions): Promise<Page<R>> {
    return call(this, "page", query, (state) => page<R>(state, query, options));
  }

  /**
   * Whether the query finds anything; reads one row at most.
   *
   * @example if (await repo.exists(from(Review).where({ productId: "p1" }), { tenant })) render("reviewed");
   * @throws UnsupportedQueryError when no index serves it
   */
  exists(query: Queryable<unknown>, options?: ReadOptions): Promise<boolean> {
    return call(this, "exists", query, (state) => exists(state, query, options));
  }

  /**
   * The number of rows: read from a counter that has it, else counted in an index that serves the query, or in the rows.
   *
   * @example const reviews = await repo.count(from(Review).where({ productId: "p1" }), { tenant });
   * @throws UnsupportedQueryError when no index serves it
   */
  count(query: Queryable<unknown>, options?: ReadOptions): Promise<number> {
    return call(this, "count", query, (state) => count(state, query, options));
  }

  /**
   * The number of rows for each value of a field, in the order of the values: read from a counter that has it, else counted
   * in an index that serves the query, or in the rows.
   *
   * @example await repo.countBy(from(Review), "productId", { tenant }) // Map { "p1" => 7, "p2" => 3 }
   * @throws InvalidQueryError for a field whose values have no order; UnknownFieldError, UnsupportedQueryError
   */
  countBy<T extends object, const K extends FieldKey<T>>(
    schema: SchemaClass<T>,
    field: K,
    options?: ReadOptions,
  ): Promise<ReadonlyMap<T[K], number>>;
  countBy<T, R, const K extends FieldKey<T>>(
    query: Query<T, R>,
    field: K,
    options?: ReadOptions,
  ): Promise<ReadonlyMap<T[K], number>>;
  countBy(
    query: AnyQuery<unknown>,
    field: string,
    options?: ReadOptions,
  ): Promise<ReadonlyMap<unknown, number>> {
    return call(this, "countBy", query, (state) => countBy(state, query, field, options));
  }

  /**
   * `count`, `sum`, `avg`, `min` or `max` over the rows of a query. Empty values do not count; of nothing, all but `count`
   * are `null`.
   *
   * `min` and `max` read one row where an index has the field, the others every row, unless `create(sum(S, field))` keeps
   * the sum. With `{ distinct: true }` equal values count once: one request for each value where an index has the field
   * behind the equalities, else every row is read.
   *
   * @example
   * const best = await repo.aggregate(from(Review).where({ productId: "p1" }), "max", "score", { tenant });
   * const mean = await repo.aggregate(Review, "avg", "score", { tenant }); // null without reviews
   * @throws InvalidQueryError for a field without order or that is no number, `distinct` of `min` or `max`, and a sum
   *   beyond 2^53; UnknownFieldError, UnsupportedQueryError
   */
  aggregate(
    query: Queryable<unknown>,
    operation: "count",
    field?: undefined,
    options?: ReadOptions,
  ): Promise<number>;
  aggregate<T extends object>(
    schema: SchemaClass<T>,
    operation: "count",
    field: FieldKey<T>,
    options?: AggregateOptions,
  ): Promise<number>;
  aggregate<T, R>(
    query: Query<T, R>,
    operation: "count",
    field: FieldKey<T>,
    options?: AggregateOptions,
  ): Promise<number>;
  aggregate<T extends object>(
    schema: SchemaClass<T>,
    operation: "avg",
    field: SummandKey<T>,
    options?: AggregateOptions,
  ): Promise<number | null>;
  aggregate<T, R>(
    query: Query<T, R>,
    operation: "avg",
    field: SummandKey<T>,
    options?: AggregateOptions,
  ): Promise<number | null>;
  aggregate<T extends object, K extends SummandKey<T>>(
    schema: SchemaClass<T>,
    operation: "sum",
    field: K,
    options?: AggregateOptions,
  ): Promise<T[K] | null>;
  aggregate<T, R, K extends SummandKey<T>>(
    query: Query<T, R>,
    operation: "sum",
    field: K,
    options?: AggregateOptions,
  ): Promise<T[K] | null>;
  aggregate<T extends object, K extends FieldKey<T>>(
    schema: SchemaClass<T>,
    operation: "min" | "max",
    field: K,
    options?: ReadOptions,
  ): Promise<T[K] | null>;
  aggregate<T, R, K extends FieldKey<T>>(
    query: Query<T, R>,
    operation: "min" | "max",
    field: K,
    options?: ReadOptions,
  ): Promise<T[K] | null>;
  aggregate(
    query: Queryable<unknown>,
    operation: Aggregate,
    field?: string,
    options?: AggregateOptions,
  ): Promise<unknown> {
    return call(this, "aggregate", query, (state) => aggregate(state, query, operation, field, options));
  }

  /**
   * A record, or records, as stored now; `null` for what is gone. Relations are not loaded again.
   *
   * @example const now = await repo.reload(product);
   * @throws PrimaryKeyChangeError for a record whose key was set in place, NoPrimaryKeyValueError
   */
  reload<T extends object>(record: T, options?: ReadOptions): Promise<T | null>;
  reload<T extends object>(records: readonly T[], options?: ReadOptions): Promise<(T | null)[]>;
  reload(given: unknown, options?: ReadOptions): Promise<unknown> {
    return call(this, "reload", given, (state) => reload(state, given, options));
  }

  /**
   * As `reload`, for what must be there.
   *
   * @example const [now] = await repo.reloadOrThrow([product]);
   * @throws NoResultsError for the first that is gone, and as `reload`
   */
  reloadOrThrow<T extends object>(record: T, options?: ReadOptions): Promise<T>;
  reloadOrThrow<T extends object>(records: readonly T[], options?: ReadOptions): Promise<T[]>;
  reloadOrThrow(given: unknown, options?: ReadOptions): Promise<unknown> {
    return call(this, "reloadOrThrow", given, (state) => reloadOrThrow(state, given, options));
  }

  /**
   * Copies of records with relations loaded; `null` for `null`. What is loaded already is kept, unless `{ force: true }`.
   *
   * What is to be loaded are paths, or an object that says for each relation: `true`, what is below it, a query (its
   * conditions, order and limit hold for each record), or a function `(ids, tx) => records`.
   *
   * @example await repo.preload(product, "reviews.author")
   * @example await repo.preload(products, { reviews: from(Review).orderBy({ insertedAt: "desc" }).limit(3).preload("author") })
   * @throws UnknownFieldError, UnsupportedQueryError (no index serves it), InvalidOptionsError
   */
  preload<T extends object, const P extends PreloadPath<T>>(
    record: T,
    paths: P | readonly P[],
    options?: PreloadOptions,
  ): Promise<Preloaded<T, P>>;
  preload<T extends object, const P extends PreloadPath<T>>(
    record: T | null,
    paths: P | readonly P[],
    options?: PreloadOptions,
  ): Promise<Preloaded<T, P> | null>;
  preload<T extends object, const P extends PreloadPath<T>>(
    records: readonly T[],
    paths: P | readonly P[],
    options?: PreloadOptions,
  ): Promise<Preloaded<T, P>[]>;
  preload<T extends object, const S extends PreloadTree<T, this>>(
    records: readonly T[],
    tree: S,
    options?: PreloadOptions,
  ): Promise<PreloadedBy<T, S>[]>;
  preload<T extends object, const S extends PreloadTree<T, this>>(
    record: T,
    tree: S & OfOne<T>,
    options?: PreloadOptions,
  ): Promise<PreloadedBy<T, S>>;
  preload<T extends object, const S extends PreloadTree<T, this>>(
    record: T | null,
    tree: S & OfOne<T>,
    options?: PreloadOptions,
  ): Promise<PreloadedBy<T, S> | null>;
  preload(given: unknown, what: unknown, options?: PreloadOptions): Promise<unknown> {
    return call(this, "preload", given, (state) => preload(state, given, what, options));
  }

  /** @internal Whether another record than `except` meets the conditions; for `changeset.unsafeValidateUnique`. */
  isTaken(
    schema: SchemaClass<object>,
    where: object,
    options: { readonly except: object; readonly tenant?: Tenant | undefined },
  ): Promise<boolean> {
    return call(this, "isTaken", schema, (state) => isTaken(state, schema, where, options));
  }

  /**
   * How a query would be read: index, key ranges, requests, what is tested in memory; as data and as `text`. Reads no row.
   *
   * @example console.log((await repo.explain(from(Product).where({ name: "Cereal" }), { tenant })).text);
   * @throws UnsupportedQueryError when no index serves it, InvalidCursorError, InvalidQueryError
   */
  explain(query: Queryable<unknown>, options?: ReadOptions): Promise<Explanation> {
    return call(this, "explain", query, (state) => explain(state, query, options));
  }
}
