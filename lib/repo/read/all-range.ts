/** Reads the rows whose primary keys lie in a range. */

import { isDeepStrictEqual } from "node:util";
import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import { keyFields, type QueryAst, subjectOf, withWhere } from "../../query/index.js";
import { checkOptions, type RepoState } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
import { readRows } from "./read-rows.js";

/** Options of `repo.allRange`. */
export interface RangeOptions extends ReadOptions {
  /** Whether a row whose key is `from` belongs to the range; default true. */
  readonly inclusiveLeft?: boolean;
  /** Whether a row whose key is `to` belongs to the range; default false. */
  readonly inclusiveRight?: boolean;
}

const rangeNames: ReadonlySet<string> = new Set([...readOptionNames, "inclusiveLeft", "inclusiveRight"]);

/** The bounds of a key of several fields: lists of values, of which all but the last are the same on both sides. */
function compositeBounds(ast: QueryAst, low: unknown, high: unknown) {
  const names = keyFields(ast.info);
  const isKey = (bound: unknown): bound is readonly unknown[] =>
    Array.isArray(bound) && bound.length === names.length;
  if (!isKey(low) || !isKey(high)) {
    throw new InvalidQueryError(
      `repo.allRange on ${subjectOf(ast)} takes [${names.join(", ")}] on both sides, with null for an open end: ` +
        `repo.allRange(${subjectOf(ast)}, [${names
          .slice(0, -1)
          .map(() => '"a", ')
          .join("")}from], …).`,
    );
  }
  const first = names.slice(0, -1);
  if (!isDeepStrictEqual(low.slice(0, -1), high.slice(0, -1))) {
    throw new UnsupportedQueryError(
      `repo.allRange on ${subjectOf(ast)} stays in one ${first.join(" and ")}; read two of them by two calls in one transaction, or ` +
        "ask for a range of the first field by .where().",
    );
  }
  const where = Object.fromEntries(first.map((name, at) => [name, { eq: low[at] }]));
  return { where, low: low.at(-1), high: high.at(-1) };
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
  const { where, low, high } =
    keyFields(ast.info).length > 1 ? compositeBounds(ast, from, to) : { where: {}, low: from, high: to };
  if (low === undefined || high === undefined) {
    throw new InvalidQueryError("A bound of repo.allRange is undefined; write null to leave that side open.");
  }
  const bounds: Record<string, unknown> = {};
  if (low !== null) bounds[inclusiveLeft ? "gte" : "gt"] = low;
  if (high !== null) bounds[inclusiveRight ? "lte" : "lt"] = high;
  const ranges = Object.keys(bounds).length === 0 ? {} : { [keyFields(ast.info).at(-1)!]: bounds };
  return readRows<R>(state, withWhere(ast, { ...where, ...ranges }), "allRange", read);
}
