/** Reads the rows whose primary keys lie in a range. */

import { isDeepStrictEqual } from "node:util";
import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import { keyFields, type QueryAst, subjectOf, withWhere } from "../../query/index.js";
import { checkOptions, type RepoState } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
import { readRows } from "./read-rows.js";

/** Options of `allRange`. */
export interface RangeOptions extends ReadOptions {
  /** Whether a row whose key is `from` belongs to the range; default true. */
  readonly inclusiveLeft?: boolean;
  /** Whether a row whose key is `to` belongs to the range; default false. */
  readonly inclusiveRight?: boolean;
}

const rangeNames: ReadonlySet<string> = new Set([...readOptionNames, "inclusiveLeft", "inclusiveRight"]);

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

/** `null` leaves a side open. */
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
