/** Computes the `count`, `sum`, `avg`, `min` or `max` of a query's rows; empty values do not count. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import {
  compareBy,
  type Direction,
  type QueryAst,
  requireOrdered,
  requireStoredField,
  subjectOf,
  withWhere,
} from "../../query/index.js";
import { showValue } from "../../schema/index.js";
import type { RepoState } from "../transaction/index.js";
import { count } from "./count.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import type { ReadOptions } from "./read-options.js";
import { readRows } from "./read-rows.js";
import { averageOf, sumOf } from "./sum.js";

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

export async function aggregate(
  state: RepoState,
  query: AnyQuery<unknown>,
  operation: Aggregate,
  field: string | undefined,
  options: ReadOptions = {},
): Promise<unknown> {
  const ast = treeOf(query);
  if (!operations.includes(operation)) {
    throw new InvalidQueryError(
      `repo.aggregate knows ${operations.join(", ")}, not ${showValue(operation)}.`,
    );
  }
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
  const select = { fields: [field], single: true };
  const selected: QueryAst = Object.freeze({ ...ast, preload: [], select });
  const values = (await readRows(state, selected, "aggregate", options)).filter((value) => value !== null);
  if (operation === "count") return values.length;
  const where = `${subjectOf(ast)}.${field}`;
  if (operation === "avg") return averageOf(values, where);
  return sumOf(values, where, ast.info?.field(field).type.name !== "float");
}
