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

export abstract class RepoReads {
  /** A record by primary key (of a partitioned schema `[partition, id]`), or `null`. One point read. */
  get<T extends object>(
    schema: SchemaClass<T>,
    id: IdOf<NoInfer<T>>,
    options?: ReadOptions,
  ): Promise<T | null> {
    return call(this, "get", schema, (state) => get(state, schema, id, options));
  }

  /** As `get`. @throws NoResultsError */
  getOrThrow<T extends object>(
    schema: SchemaClass<T>,
    id: IdOf<NoInfer<T>>,
    options?: ReadOptions,
  ): Promise<T> {
    return call(this, "getOrThrow", schema, (state) => getOrThrow(state, schema, id, options));
  }

  /** The one row with these values, or `null`. @throws MultipleResultsError, UnsupportedQueryError */
  getBy<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T | null>;
  getBy<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R | null>;
  getBy(query: AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown> {
    return call(this, "getBy", query, (state) => getBy(state, query, where, options));
  }

  /** As `getBy`. @throws NoResultsError */
  getByOrThrow<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T>;
  getByOrThrow<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R>;
  getByOrThrow(query: AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown> {
    return call(this, "getByOrThrow", query, (state) => getByOrThrow(state, query, where, options));
  }

  /** The row of a query that finds at most one, or `null`; reads two rows at most. @throws MultipleResultsError */
  one<R>(query: Queryable<R>, options?: ReadOptions): Promise<R | null> {
    return call(this, "one", query, (state) => one<R>(state, query, options));
  }

  /** As `one`. @throws NoResultsError */
  oneOrThrow<R>(query: Queryable<R>, options?: ReadOptions): Promise<R> {
    return call(this, "oneOrThrow", query, (state) => oneOrThrow<R>(state, query, options));
  }

  /**
   * All rows of a query.
   *
   * @example const ids = await repo.all(from(Product).select("id"), { tenant });
   * @throws UnsupportedQueryError when no index serves it; the message prints the migration line
   */
  all<R>(query: Queryable<R>, options?: ReadOptions): Promise<R[]> {
    return call(this, "all", query, (state) => readRows<R>(state, treeOf(query), "all", options));
  }

  /** All rows of a query that also have these values. */
  allBy<T extends object>(schema: SchemaClass<T>, where: Where<T>, options?: ReadOptions): Promise<T[]>;
  allBy<T, R>(query: Query<T, R>, where: Where<T>, options?: ReadOptions): Promise<R[]>;
  allBy(query: AnyQuery<unknown>, where: object, options?: ReadOptions): Promise<unknown[]> {
    return call(this, "allBy", query, (state) =>
      readRows(state, withWhere(treeOf(query), where), "allBy", options),
    );
  }

  /**
   * Rows by a range of primary keys, `from` included and `to` not (`inclusiveLeft`, `inclusiveRight`); `null` leaves a
   * side open.
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
   * Rows as they are needed, page by page (`{ batch }`, default 500), each page in a transaction of its own. So a
   * stream outlasts FoundationDB's five seconds, and is not one snapshot.
   */
  stream<R>(query: Queryable<R>, options?: StreamOptions<PageWork<this, NoInfer<R>>>): AsyncGenerator<R> {
    return stream<R>(stateOfRepo(this), query, options);
  }

  /** One page of a query: `{ rows, next }`; hand `next` to the following call as `after`. @throws InvalidCursorError */
  page<R>(query: Queryable<R>, options: PageOptions): Promise<Page<R>> {
    return call(this, "page", query, (state) => page<R>(state, query, options));
  }

  /** Whether the query finds anything; reads one row at most. */
  exists(query: Queryable<unknown>, options?: ReadOptions): Promise<boolean> {
    return call(this, "exists", query, (state) => exists(state, query, options));
  }

  /** The number of rows: read from a counter that has it, else counted in an index that serves the query, or in the rows. */
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
   * `count`, `sum`, `avg`, `min` or `max` over the rows of a query; `min` and `max` read one row where an index has
   * the field, the others every row, unless `create(sum(S, field))` keeps the sum. Empty values do not count; of nothing, all but `count`
   * are `null`. With `{ distinct: true }` equal values count once: one request for each value where an index has the field
   * behind the equalities, else every row is read.
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

  /** A record, or records, as stored now; `null` for what is gone. */
  reload<T extends object>(record: T, options?: ReadOptions): Promise<T | null>;
  reload<T extends object>(records: readonly T[], options?: ReadOptions): Promise<(T | null)[]>;
  reload(given: unknown, options?: ReadOptions): Promise<unknown> {
    return call(this, "reload", given, (state) => reload(state, given, options));
  }

  /** As `reload`. @throws NoResultsError for the first that is gone */
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

  /** How a query would be read: index, key ranges, requests, what is tested in memory; as data and as `text`. */
  explain(query: Queryable<unknown>, options?: ReadOptions): Promise<Explanation> {
    return call(this, "explain", query, (state) => explain(state, query, options));
  }
}
