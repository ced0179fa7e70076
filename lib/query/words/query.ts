/** The query builder: `from(Schema)`, and the immutable `Query` whose methods each return a new one. */

import { markCopy, refuseOtherCopy } from "../../copies.js";
import { InvalidQueryError } from "../../errors.js";
import {
  type FieldKey,
  isSchema,
  type Preloaded,
  type PreloadPath,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  showValue,
} from "../../schema/index.js";
import { emptyAst, type QueryAst } from "./ast.js";
import { capturedText } from "./captured.js";
import { type QueryPart, without } from "./exclude.js";
import { orderTerms, requireOrdered, reversed } from "./order-terms.js";
import { withWhere } from "./parse-where.js";
import { mergeSteps, type PreloadWords, preloadSteps } from "./preload-steps.js";
import type { PreloadedBy, PreloadTree } from "./preload-types.js";
import type { Cursor, OrderBy, PlainRow, Renamed, Where } from "./query-types.js";
import { selectAndPreload, withAddedSelect, withRecordSelect, withSelect } from "./select.js";
import type { rowType, Selects } from "./selects.js";

/** The tree of a query; undefined for every other value. */
let treeOf: (value: unknown) => QueryAst | undefined;

const treeOrNone = (value: object): QueryAst | undefined =>
  treeOf(value) ?? (isSchema(value) ? astOf(value as SchemaClass<object>) : undefined);

/** How the preloads of queries, and of `repo.preload`, are read. */
export const preloadWords = (refuse: (message: string) => Error): PreloadWords => ({
  astOf: treeOrNone,
  refuse,
});

/** The frozen syntax tree of a query; a schema class stands for all of its records. */
export function astOf(query: Selects<unknown> | SchemaClass<object>): QueryAst {
  const ast = treeOf(query);
  if (ast !== undefined) return ast;
  if (typeof query === "function") return fromSchema(schemaOf(query as SchemaClass<object>));
  refuseOtherCopy(query, "The query");
  throw new InvalidQueryError('A query is made by from(Schema) or from("source"); this value is neither.');
}

const schemaAsts = new WeakMap<SchemaInfo, QueryAst>();

function fromSchema(info: SchemaInfo): QueryAst {
  let ast = schemaAsts.get(info);
  if (ast === undefined) {
    ast = emptyAst(info.source, info);
    schemaAsts.set(info, ast);
  }
  return ast;
}

/** A query that stands for a tree; for the parts of Plinth that change trees. */
export let queryOf: <T, Row>(ast: QueryAst) => Query<T, Row>;

/** A method that lost its query, or a proxy of one, is told so by `astOf`. */
const changed = <T, Row>(query: Query<T, unknown>, part: Partial<QueryAst>): Query<T, Row> =>
  queryOf<T, Row>({ ...astOf(query), ...part });

/**
 * An immutable query: every method returns a new one. `from` makes it; a Repo or a Sync reads it.
 *
 * A query compiles to one Get, one GetRange or a stated number of them (`in`, `or`, `preload`, `distinct`); `repo.explain`
 * shows which. What no primary key or index serves is refused when it is read (UnsupportedQueryError), unless `.scan()` or
 * `.filter()` opts in.
 *
 * @example
 * const best = from(Review).where({ productId: "p1", score: { gte: 4 } }).orderBy({ score: "desc" }).limit(10);
 * const reviews = await repo.all(best, { tenant });
 */
export class Query<T, Row = T> implements Selects<Row> {
  /** What the compiler knows of a row; nothing is there at run time. */
  declare readonly [rowType]?: Row;

  readonly #ast: QueryAst;

  static {
    queryOf = (ast) => new Query(ast);
    treeOf = (value) =>
      typeof value === "object" && value !== null && #ast in value ? value.#ast : undefined;
  }

  private constructor(ast: QueryAst) {
    this.#ast = Object.freeze(ast);
    Object.freeze(this);
  }

  /**
   * Adds conditions; all conditions of a query hold together, several on one field too.
   *
   * `{ field: v }` is equality and `null` looks for empty values; operators are `eq ne in notIn gt gte lt lte startsWith
   * isNull`, and `has` for an item of a list. Comparisons, `ne` and `notIn` too, never match empty values. `"address.city"`
   * names a field of an embed. `{ or: [a, b] }` wants one of several conditions.
   *
   * @example from(Review).where({ productId: "p1", score: { gte: 3 } })
   * @example from(Review).where({ or: [{ text: "Ada" }, { score: { gte: 4 } }] })
   * @throws InvalidQueryError when a value is undefined or of another type, or an operator is unknown; UnknownFieldError
   */
  where(conditions: Where<T>): Query<T, Row> {
    return new Query<T, Row>(withWhere(astOf(this), conditions));
  }

  /**
   * Orders the rows, after the orders given before; empty values come first (last in `desc`), unless `nulls` says
   * otherwise.
   *
   * An index delivers the order, forwards or backwards; otherwise a query without limit is sorted in memory. Nulls at the
   * other end are one more key range, for the first field behind those that equality fixes.
   *
   * @example from(Review).orderBy({ insertedAt: "desc" })
   * @example from(Task).orderBy({ dueAt: { direction: "asc", nulls: "last" } })
   * @throws InvalidQueryError for an unknown direction or option, or a field without order; UnknownFieldError
   */
  orderBy(order: OrderBy<T>): Query<T, Row> {
    const ast = astOf(this);
    return changed(this, { order: [...ast.order, ...orderTerms(ast, order)] });
  }

  /**
   * As `orderBy`, before the orders given so far.
   *
   * @example query.prependOrderBy({ pinned: "desc" })
   * @throws as `orderBy`
   */
  prependOrderBy(order: OrderBy<T>): Query<T, Row> {
    const ast = astOf(this);
    return changed(this, { order: [...orderTerms(ast, order), ...ast.order] });
  }

  /**
   * Turns every direction around; without `orderBy`, the order of the index or primary key that is read.
   *
   * @example from(Review).orderBy({ insertedAt: "desc" }).reverseOrder() // the oldest first
   */
  reverseOrder(): Query<T, Row> {
    const ast = astOf(this);
    if (ast.order.length === 0) return changed(this, { reverse: !ast.reverse });
    return changed(this, { order: reversed(ast.order) });
  }

  /**
   * At most `n` rows; no more than `n` are read unless rows are tested in memory.
   *
   * With `{ withTies: true }` also the rows behind them that the order does not tell from the last one: one more read of
   * exactly these. It needs `orderBy`, and takes no part in pages, streams and live queries.
   *
   * @example from(Player).orderBy({ score: "desc" }).limit(3, { withTies: true })
   * @throws InvalidQueryError for what is no whole number from 0, and for an unknown option
   */
  limit(n: number, options?: LimitOptions): Query<T, Row> {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new InvalidQueryError(`.limit() takes an integer of at least 0, not ${showValue(n)}.`);
    }
    return changed(this, { limit: n, ties: tiesIn(options) });
  }

  /**
   * The first row in the query's order, or in the order given: `limit(1)`.
   *
   * @example await repo.one(from(Product).first("name"), { tenant })
   * @throws as `orderBy`
   */
  first(order?: OrderBy<T>): Query<T, Row> {
    return (order === undefined ? this : this.orderBy(order)).limit(1);
  }

  /**
   * The last row in the query's order, or in the order given: `reverseOrder().limit(1)`.
   *
   * @example await repo.one(from(Product).last("insertedAt"), { tenant })
   * @throws as `orderBy`
   */
  last(order?: OrderBy<T>): Query<T, Row> {
    return (order === undefined ? this : this.orderBy(order)).reverseOrder().limit(1);
  }

  /**
   * Chooses fields: one name gives plain values, a list gives objects of those fields, an object gives them other names.
   *
   * @example await repo.all(from(Product).select("id"), { tenant }) // string[]
   * @example from(Product).select({ key: "id", title: "name" }) // { key: string, title: string }
   * @throws InvalidQueryError for nothing, for what is no name, and together with preload; UnknownFieldError
   */
  select<const K extends FieldKey<T>>(field: K): Query<T, T[K]>;
  select<const K extends readonly FieldKey<T>[]>(fields: K): Query<T, { readonly [P in K[number]]: T[P] }>;
  select<const N extends Renamed<T>>(fields: N): Query<T, { readonly [P in keyof N]: T[N[P]] }>;
  select(fields: unknown): Query<T, unknown> {
    return new Query<T, unknown>(withSelect(astOf(this), fields));
  }

  /**
   * Chooses further fields, beside those of `.select([…])`; a name that is taken is replaced.
   *
   * @example from(Product).select(["id"]).addSelect({ title: "name" }) // { id: string, title: string }
   * @throws InvalidQueryError where rows are plain values or records; UnknownFieldError
   */
  addSelect<const K extends readonly FieldKey<T>[]>(
    fields: K,
  ): Query<T, ([Row] extends [T] ? unknown : Row) & { readonly [P in K[number]]: T[P] }>;
  addSelect<const N extends Renamed<T>>(
    fields: N,
  ): Query<T, ([Row] extends [T] ? unknown : Row) & { readonly [P in keyof N]: T[N[P]] }>;
  addSelect(fields: unknown): Query<T, never> {
    return new Query<T, never>(withAddedSelect(astOf(this), fields));
  }

  /**
   * Records of the class that hold these fields and their key, and nothing else; an index that covers them is enough.
   *
   * They can be updated and deleted: what they do not hold stays as it is stored.
   *
   * @example from(Product).selectRecord(["id", "name"])
   * @throws InvalidQueryError on a source name and together with preload; UnknownFieldError
   */
  selectRecord<const K extends readonly FieldKey<T>[]>(fields: K): Query<T, Pick<T, K[number]>> {
    return new Query<T, Pick<T, K[number]>>(withRecordSelect(astOf(this), fields));
  }

  /**
   * Takes parts of the query away: `where orderBy limit select preload after using filter scan distinct`.
   *
   * @example query.exclude("orderBy", "limit")
   * @throws InvalidQueryError for another name
   */
  exclude<const P extends QueryPart>(
    ...parts: readonly P[]
  ): Query<T, P extends "select" | "preload" ? T : Row> {
    return new Query<T, P extends "select" | "preload" ? T : Row>(without(astOf(this), parts));
  }

  /**
   * Loads relations with the rows, as pipelined reads in the same transaction: by paths, or by an object that says for each
   * relation what is read of it. The limit of a query in it holds for each row.
   *
   * @example from(Product).preload("reviews.author")
   * @example from(Product).preload({ reviews: from(Review).orderBy({ insertedAt: "desc" }).limit(3).preload("author") })
   * @example from(Review).preload({ author: true, product: (ids) => productsOf(ids) })
   * @throws InvalidQueryError on a source name and together with select; UnknownFieldError; when it is read,
   *   UnsupportedQueryError for a list without an index
   */
  preload<const P extends PreloadPath<T>>(...paths: readonly P[]): Query<T, Preloaded<Row, P>>;
  preload<const S extends PreloadTree<T>>(tree: S): Query<T, PreloadedBy<Row, S>>;
  preload(...given: readonly unknown[]): Query<T, unknown> {
    const ast = astOf(this);
    if (ast.select !== undefined) throw selectAndPreload();
    if (ast.info === undefined) {
      throw new InvalidQueryError(
        `A query on the source name "${ast.source}" has no relations; use from(Schema).`,
      );
    }
    const words = preloadWords((message) => new InvalidQueryError(message));
    const steps = preloadSteps(ast.info, given, words);
    return changed(this, { preload: mergeSteps(ast.info, ast.preload, steps, words) });
  }

  /**
   * Continues after a cursor of the same query; `null` is the beginning. See `repo.page`.
   *
   * @example
   * const { next } = await repo.page(from(Product), { limit: 20, tenant });
   * const rest = await repo.all(from(Product).after(next), { tenant });
   * @throws InvalidQueryError for what is no text; when it is read, InvalidCursorError for a cursor of another query or
   *   tenant
   */
  after(cursor: Cursor | null): Query<T, Row> {
    if (cursor !== null && typeof cursor !== "string") {
      throw new InvalidQueryError(".after() takes the `next` of a page (or null for the first page).");
    }
    return changed(this, { after: cursor ?? undefined });
  }

  /**
   * Reads through this index and no other; `"primary"` names the records themselves.
   *
   * @example from(Product).where({ name: "Cereal" }).using("products_name_index")
   * @throws InvalidQueryError for an empty name; when it is read, for an index that is not there, and UnsupportedQueryError
   *   for a partial one that does not hold the rows
   */
  using(indexName: string): Query<T, Row> {
    if (typeof indexName !== "string" || indexName === "") {
      throw new InvalidQueryError('.using() takes the name of an index, or "primary".');
    }
    return changed(this, { using: indexName });
  }

  /**
   * Keeps rows for which `test` returns true, in memory, after reading them; a limit counts what is kept.
   *
   * @param deps the values from outside that `test` refers to, as plain data (`[]` for none). A live query is resumed
   *   from a cursor only when they are given, and equal: the text of a function does not tell them
   * @example from(Product).where({ name: { startsWith: "G" } }).filter((p) => p.id !== hidden, [hidden])
   * @throws InvalidQueryError for deps that are no list of plain data
   */
  filter(test: (row: T) => boolean, deps?: readonly unknown[]): Query<T, Row> {
    if (typeof test !== "function") throw new InvalidQueryError(".filter() takes a function of a row.");
    const { filters, captured } = astOf(this);
    const values = deps === undefined ? undefined : capturedText(".filter(test, deps)", deps);
    return changed(this, {
      filters: [...filters, test as (row: never) => boolean],
      captured: [...captured, values],
    });
  }

  /**
   * Allows reading more than the result: conditions without an index are tested, and orders made, in memory.
   *
   * It costs every row of the ranges that are left: without any, the whole source.
   *
   * @example await repo.all(from(Product).where({ description: "crunchy" }).scan(), { tenant })
   */
  scan(): Query<T, Row> {
    return changed(this, { scan: true });
  }

  /**
   * One row for each value of a field, or for each combination of the values of some, the first in the index's order; one
   * request for each.
   *
   * @example from(Review).distinct(["productId", "userId"])
   * @throws InvalidQueryError for an empty list; UnknownFieldError; when it is read, UnsupportedQueryError without an index
   *   that has the field behind the equalities
   */
  distinct(field: FieldKey<T> | readonly FieldKey<T>[]): Query<T, Row> {
    const ast = astOf(this);
    const fields: readonly string[] = typeof field === "string" ? [field] : field;
    if (!Array.isArray(fields) || fields.length === 0) {
      throw new InvalidQueryError(
        `.distinct() takes a field or a list of fields: .distinct(["city", "name"]), not ${showValue(field)}.`,
      );
    }
    for (const name of fields) {
      requireOrdered(ast, name);
      ast.info?.field(name);
    }
    return changed(this, { distinct: Object.freeze([...new Set(fields)]) });
  }
}

markCopy(Query.prototype);

/** Options of `.limit`. */
export interface LimitOptions {
  /** Whether the rows that tie with the last one come too; default false. */
  readonly withTies?: boolean;
}

function tiesIn(options: LimitOptions = {}): boolean {
  const { withTies = false, ...unknown } = options ?? {};
  const [name] = Object.keys(unknown);
  if (name === undefined && typeof withTies === "boolean" && options !== null) return withTies;
  throw new InvalidQueryError(
    `.limit(n, options) takes { withTies: true | false }, not ${name === undefined ? showValue(options) : `"${name}"`}.`,
  );
}

/**
 * Starts a query on all records of a schema, or of a source name (rows are then plain objects).
 *
 * @example from(Product).where({ name: "Cereal" }).limit(10)
 * @throws SchemaError for a class that is no schema, InvalidQueryError for an empty name
 */
export function from<T extends object>(schema: SchemaClass<T>): Query<T>;
export function from(source: string): Query<PlainRow>;
export function from(schema: SchemaClass<object> | string): Query<never> {
  if (typeof schema === "string") {
    if (schema === "") throw new InvalidQueryError("from() takes a schema class or the name of a source.");
    return queryOf(emptyAst(schema, undefined));
  }
  return queryOf(fromSchema(schemaOf(schema)));
}
