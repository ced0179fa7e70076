/** Compares rows in memory, in the order in which a query delivers them. */

import type { SchemaInfo } from "../../schema/index.js";
import { encodingIn, fieldOf, type OrderTerm, type QueryAst, valueAt } from "../words/index.js";
import { compareItems } from "./compare-items.js";
import { totalOrder } from "./total-order.js";

type Compare = (a: unknown, b: unknown) => number;

/** Compares values of one field as their keys are ordered. */
function comparison(ast: QueryAst, field: string): Compare {
  const compare = ast.info === undefined ? undefined : fieldOf(ast.info, field).type.compare;
  if (compare !== undefined) return compare;
  const encoding = encodingIn(ast, field);
  const item = (value: unknown) => (value === null ? null : encoding.item(value));
  return (a, b) => compareItems(item(a), item(b));
}

/** Empty values above all others instead of below them. */
const apart =
  (compare: Compare): Compare =>
  (a, b) => {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    return compare(a, b);
  };

/** Compares rows by terms; rows must hold every field of the terms. */
export function compareBy(ast: QueryAst, order: readonly OrderTerm[]): (a: object, b: object) => number {
  const keys = order.map(({ field, direction, nulls }) => ({
    field,
    compare: nulls === undefined ? comparison(ast, field) : apart(comparison(ast, field)),
    sign: direction === "desc" ? -1 : 1,
  }));
  return (a, b) => {
    for (const { field, compare, sign } of keys) {
      const left = valueAt(ast.info, a, field);
      const right = valueAt(ast.info, b, field);
      const difference = compare(left, right);
      if (difference !== 0) return sign * difference;
    }
    return 0;
  };
}

/**
 * The total order in which the query delivers whole rows: its order fields, then the primary key.
 *
 * Without `orderBy`, rows come in the order of the index that serves the query, which only a plan knows: pass it.
 */
export function compareRows(
  ast: QueryAst,
  _info: SchemaInfo | undefined = ast.info,
  plan?: { readonly order: readonly OrderTerm[] },
): (a: object, b: object) => number {
  return compareBy(ast, plan?.order ?? totalOrder(ast));
}
