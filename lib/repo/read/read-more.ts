import { isDeepStrictEqual } from "node:util";
import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import { metadataOf } from "../../layer/index.js";
import {
  astOf,
  type Cursor,
  type Explanation,
  explainPlan,
  from,
  keyFields,
  parseWhere,
  planCount,
  planFor,
  type QueryAst,
  queryOf,
  readCount,
  type Selects,
  subjectOf,
} from "../../query/index.js";
import { type SchemaClass, showValue } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { currentTrace, observed } from "../observe/index.js";
import type { Session } from "../transaction/index.js";
import {
  agreedTenant,
  checkOptions,
  operate,
  type ReadOptions,
  type RepoState,
  readOptionNames,
} from "../transaction/index.js";
import { noResults, one } from "./read-one.js";
import { type Page, readIn, readPage, readRows } from "./read-rows.js";

export type AnyQuery<R> = Selects<R> | SchemaClass<object> | string;

/** The tree of a query, schema class or source name. */
export function treeOf(query: AnyQuery<unknown>): QueryAst {
  return astOf(typeof query === "string" ? from(query) : query);
}

export const withWhere = (ast: QueryAst, where: object): QueryAst =>
  Object.freeze({ ...ast, where: [...ast.where, ...parseWhere(ast.info, ast.source, where)] });

export const getBy = <R>(
  state: RepoState,
  query: AnyQuery<R>,
  where: object,
  options?: ReadOptions,
): Promise<R | null> => one<R>(state, queryOf<unknown, R>(withWhere(treeOf(query), where)), options);

export async function getByOrThrow<R>(
  state: RepoState,
  query: AnyQuery<R>,
  where: object,
  options?: ReadOptions,
): Promise<R> {
  const row = await getBy(state, query, where, options);
  if (row === null) throw noResults(`A query by ${Object.keys(where).join(", ")}`);
  return row;
}

export const allBy = <R>(
  state: RepoState,
  query: AnyQuery<R>,
  where: object,
  options?: ReadOptions,
): Promise<R[]> => readRows<R>(state, withWhere(treeOf(query), where), "allBy", options);

/** Options of `allRange`. */
export interface RangeOptions extends ReadOptions {
  /** Whether a row whose key is `from` belongs to the range; default true. */
  readonly inclusiveLeft?: boolean;
  /** Whether a row whose key is `to` belongs to the range; default false. */
  readonly inclusiveRight?: boolean;
}

const rangeNames: ReadonlySet<string> = new Set(["tenant", "snapshot", "inclusiveLeft", "inclusiveRight"]);

/** The bounds of a partitioned schema: `[partition, id]` on both sides, in one partition. */
function partitionBounds(ast: QueryAst, low: unknown, high: unknown) {
  const [partition = "", id = ""] = keyFields(ast.info);
  const pair = (bound: unknown): bound is readonly [unknown, unknown] =>
    Array.isArray(bound) && bound.length === 2;
  if (!pair(low) || !pair(high)) {
    throw new InvalidQueryError(
      `repo.allRange on ${subjectOf(ast)} takes [${partition}, ${id}] on both sides, with null for an open end: ` +
        `repo.allRange(${subjectOf(ast)}, ["a", from], ["a", null]).`,
    );
  }
  if (!isDeepStrictEqual(low[0], high[0])) {
    throw new UnsupportedQueryError(
      `repo.allRange on ${subjectOf(ast)} stays in one ${partition}; read two partitions by two calls in one transaction.`,
    );
  }
  return { where: { [partition]: { eq: low[0] } }, low: low[1], high: high[1] };
}

/** Rows by a range of primary keys; `null` leaves a side open. */
export async function allRange<R>(
  state: RepoState,
  query: AnyQuery<R>,
  from: unknown,
  to: unknown,
  options: RangeOptions = {},
): Promise<R[]> {
  checkOptions("allRange", options, rangeNames);
  const { inclusiveLeft = true, inclusiveRight = false, ...read } = options;
  const ast = treeOf(query);
  const partitioned = ast.info?.partitionBy !== undefined;
  const { where, low, high } = partitioned
    ? partitionBounds(ast, from, to)
    : { where: {}, low: from, high: to };
  if (low === undefined || high === undefined) {
    throw new InvalidQueryError("A bound of repo.allRange is undefined; write null to leave that side open.");
  }
  const bounds: Record<string, unknown> = {};
  if (low !== null) bounds[inclusiveLeft ? "gte" : "gt"] = low;
  if (high !== null) bounds[inclusiveRight ? "lte" : "lt"] = high;
  const ranges = Object.keys(bounds).length === 0 ? {} : { [keyFields(ast.info).at(-1)!]: bounds };
  return readRows<R>(state, withWhere(ast, { ...where, ...ranges }), "allRange", read);
}

/** What counting needs of a query: the keys, which an index tells without the rows, in any order. */
function keysOnly(ast: QueryAst): QueryAst {
  const ordered = ast.after !== undefined || ast.distinct !== undefined;
  return Object.freeze({
    ...ast,
    preload: [],
    ...(ordered ? {} : { order: [], reverse: false }),
    ...(ast.filters.length > 0 ? {} : { select: { fields: keyFields(ast.info), single: false } }),
  });
}

const countRows = async (session: Session, ast: QueryAst, snapshot: boolean): Promise<number> =>
  (await readIn(session, keysOnly(ast), snapshot)).found.length;

export async function exists(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: ReadOptions = {},
): Promise<boolean> {
  checkOptions("exists", options, readOptionNames);
  const ast = treeOf(query);
  const first = Object.freeze({ ...ast, limit: Math.min(ast.limit ?? 1, 1) });
  return operate(state, agreedTenant(options.tenant), async (session) => {
    return (await countRows(session, first, options.snapshot ?? session.snapshot)) > 0;
  });
}

/** The number of rows: what a counter says, where one stands for the query's conditions, else counted. */
export async function count(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: ReadOptions = {},
): Promise<number> {
  checkOptions("count", options, readOptionNames);
  const ast = treeOf(query);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    const plan = planCount(ast, await metadataOf(session.layer, ast.source));
    if (plan === undefined) return countRows(session, ast, snapshot);
    const trace = currentTrace();
    if (trace !== undefined) trace.index = plan.counter.name;
    return readCount(session.layer, plan, snapshot);
  });
}

/** How a query would be read with the indexes of the tenant. */
export async function explain(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: ReadOptions = {},
): Promise<Explanation> {
  checkOptions("explain", options, readOptionNames);
  const ast = treeOf(query);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    return explainPlan(ast, await planFor(session.layer, ast));
  });
}

/** Options of `stream`. */
export interface StreamOptions extends ReadOptions {
  /** Rows for each transaction; default 500. */
  readonly batch?: number;
}

const streamNames: ReadonlySet<string> = new Set(["tenant", "snapshot", "batch"]);

/** Rows page by page, each page in a transaction of its own. */
export async function* stream<R>(
  state: RepoState,
  query: AnyQuery<R>,
  options: StreamOptions = {},
): AsyncGenerator<R> {
  checkOptions("stream", options, streamNames);
  const { batch = 500, ...given } = options;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new InvalidQueryError(
      `{ batch } of repo.stream is a whole number of at least 1, not ${showValue(batch)}.`,
    );
  }
  let ast = treeOf(query);
  let left = ast.limit ?? Number.POSITIVE_INFINITY;
  for (let after: Cursor | null = null; left > 0; ) {
    if (ast.limit !== undefined) ast = Object.freeze({ ...ast, limit: left });
    const part = ast;
    const place = after;
    const size = Math.min(batch, left);
    const read = () => readPage<R>(state, part, size, { ...given, after: place });
    const page: Page<R> = await observed("stream", query, state.core, read);
    yield* page.rows;
    left -= page.rows.length;
    after = page.next;
    if (after === null) return;
  }
}

/** Options of `page`. */
export interface PageOptions extends ReadOptions {
  /** Rows of a page. */
  readonly limit: number;
  /** `next` of the page before; `null` or absent for the first. */
  readonly after?: Cursor | null;
}

const pageNames: ReadonlySet<string> = new Set(["tenant", "snapshot", "limit", "after"]);

export async function page<R>(state: RepoState, query: AnyQuery<R>, options: PageOptions) {
  checkOptions("page", options ?? {}, pageNames);
  const { limit, after = null, ...read } = options ?? {};
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new InvalidQueryError(
      "repo.page needs { limit }, the rows of a page: repo.page(query, { limit: 20, after }).",
    );
  }
  if (after !== null && typeof after !== "string") {
    throw new InvalidQueryError("{ after } of repo.page is the `next` of another page, or null.");
  }
  return readPage<R>(state, treeOf(query), limit, { ...(read as { tenant?: Tenant }), after });
}
