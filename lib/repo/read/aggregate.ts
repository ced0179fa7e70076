/** Computes the `count`, `sum`, `avg`, `min` or `max` of a query's rows; empty values do not count. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import { metadataOf } from "../../layer/index.js";
import {
  compareBy,
  type Direction,
  encodingIn,
  planSum,
  type QueryAst,
  readTotal,
  requireOrdered,
  requireStoredField,
  subjectOf,
  withWhere,
} from "../../query/index.js";
import { showValue } from "../../schema/index.js";
import { currentTrace } from "../observe/index.js";
import { checkOptions } from "../options/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { count } from "./count.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames, readOptions } from "./read-options.js";
import { boundedLayer, preparedIn, readRows } from "./read-rows.js";
import { averageOf, meanOf, sumOf, wholeSum } from "./sum.js";

const operations = ["count", "sum", "avg", "min", "max"] as const;
export type Aggregate = (typeof operations)[number];

/** The first value in an order, by an index when there is one. */
async function extreme(
  state: RepoState,
  ast: QueryAst,
  field: string,
  direction: Direction,
  options: ReadOptions,
): Promise<unknown> {
  const present = withWhere(ast, { [field]: { isNull: false } });
  const order = [{ field, direction }];
  const select = { fields: [field], single: true };
  const first: QueryAst = Object.freeze({ ...present, order, reverse: false, limit: 1, select, preload: [] });
  try {
    if (ast.limit !== undefined)
      throw new UnsupportedQueryError("A limited query is aggregated after it is read.");
    return (await readRows(state, first, "aggregate", options))[0] ?? null;
  } catch (error) {
    if (!(error instanceof UnsupportedQueryError)) throw error;
    const all: QueryAst = Object.freeze({ ...ast, select: undefined, preload: [] });
    const rows = await readRows<Record<string, unknown>>(state, all, "aggregate", options);
    const compare = compareBy(ast, order);
    const sorted = rows.filter((row) => (row[field] ?? null) !== null).sort(compare);
    return sorted[0]?.[field] ?? null;
  }
}

/** Options of `aggregate`. */
export interface AggregateOptions extends ReadOptions {
  /** Whether equal values count once; default false. With `count`, `sum` and `avg` of a field. */
  readonly distinct?: boolean;
}

const optionNames: ReadonlySet<string> = new Set([...readOptionNames, "distinct"]);

/** The sum or mean that an index of kind `sum` keeps; undefined when none holds that of the query. */
async function kept(
  state: RepoState,
  ast: QueryAst,
  operation: "sum" | "avg",
  field: string,
  given: ReadOptions,
): Promise<{ readonly value: unknown } | undefined> {
  if (ast.info === undefined) return undefined;
  const { type } = ast.info.field(field);
  const options = readOptions(state, "aggregate", given);
  const read = async (session: Session) => {
    const query = preparedIn(state, session, "aggregate", ast, options);
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const plan = planSum(query, field, await metadataOf(session.layer, query.source));
    if (plan === undefined) return undefined;
    const trace = currentTrace();
    if (trace !== undefined) trace.index = plan.counter.name;
    const layer = boundedLayer(session, `repo.aggregate on ${subjectOf(query)}`, options.maxKeys);
    const { count, sum } = await readTotal(layer, plan, options.snapshot ?? session.snapshot);
    if (count === 0) return { value: null };
    if (operation === "avg") return { value: meanOf(sum, count) };
    return { value: type.name === "bigint" ? sum : wholeSum(sum, `${subjectOf(ast)}.${field}`) };
  };
  return operate(state, agreedTenant(options.tenant), read, options);
}

/** The values of a field, each once: one request for each by an index that serves it, else all of them are read. */
async function distinctValues(
  state: RepoState,
  ast: QueryAst,
  field: string,
  options: ReadOptions,
): Promise<readonly unknown[]> {
  requireOrdered(ast, field);
  const read = (tree: QueryAst) => readRows(state, Object.freeze(tree), "aggregate", options);
  const bare = { ...ast, order: [], reverse: false, preload: [] };
  const select = { fields: [field], single: true };
  if (ast.limit === undefined && ast.distinct === undefined) {
    try {
      return await read({ ...bare, select, distinct: [field] });
    } catch (error) {
      if (!(error instanceof UnsupportedQueryError)) throw error;
    }
  }
  const encoding = encodingIn(ast, field);
  const values = await read({ ...ast, preload: [], select });
  const text = (value: unknown) => Buffer.from(encoding.bytes(value)).toString("latin1");
  return [...new Map(values.map((value) => [text(value), value])).values()];
}

function checkDistinct(operation: Aggregate, field: string | undefined, distinct: unknown): void {
  if (distinct === undefined || distinct === false) return;
  if (distinct === true && field !== undefined && operation !== "min" && operation !== "max") return;
  throw new InvalidQueryError(
    distinct === true
      ? "repo.aggregate takes { distinct } with count, sum or avg of a field: " +
          'repo.aggregate(query, "count", "city", { distinct: true }).'
      : `{ distinct } of repo.aggregate is true or false, not ${showValue(distinct)}.`,
  );
}

export async function aggregate(
  state: RepoState,
  query: AnyQuery<unknown>,
  operation: Aggregate,
  field: string | undefined,
  { distinct, ...options }: AggregateOptions = {},
): Promise<unknown> {
  checkOptions("aggregate", options, optionNames);
  const ast = treeOf(query);
  if (!operations.includes(operation)) {
    throw new InvalidQueryError(
      `repo.aggregate knows ${operations.join(", ")}, not ${showValue(operation)}.`,
    );
  }
  checkDistinct(operation, field, distinct);
  if (field === undefined) {
    if (operation === "count") return count(state, query, options);
    throw new InvalidQueryError(
      `repo.aggregate(query, "${operation}", field) needs the field of ${subjectOf(ast)}.`,
    );
  }
  if (operation === "min" || operation === "max") {
    requireOrdered(ast, field);
    return extreme(state, ast, field, operation === "min" ? "asc" : "desc", options);
  }
  requireStoredField(ast.info, subjectOf(ast), field);
  if (operation !== "count" && distinct !== true) {
    const found = await kept(state, ast, operation, field, options);
    if (found !== undefined) return found.value;
  }
  const select = { fields: [field], single: true };
  const selected: QueryAst = Object.freeze({ ...ast, preload: [], select });
  const read =
    distinct === true
      ? await distinctValues(state, ast, field, options)
      : await readRows(state, selected, "aggregate", options);
  const values = read.filter((value) => value !== null);
  if (operation === "count") return values.length;
  const where = `${subjectOf(ast)}.${field}`;
  if (operation === "avg") return averageOf(values, where);
  return sumOf(values, where, ast.info?.field(field).type.name !== "float");
}
