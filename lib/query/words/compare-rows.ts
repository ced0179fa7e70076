import type { SchemaInfo } from "../../schema/index.js";
import type { Plan } from "../plan/index.js";
import { keyFields } from "./access-path.js";
import type { OrderTerm, QueryAst } from "./ast.js";
import { compareItems } from "./compare-items.js";
import { encodingIn } from "./matches.js";

/** `order` made total: the primary key decides ties, in the direction of the last term. */
export function totalOrder(ast: QueryAst, order: readonly OrderTerm[] = ast.order): readonly OrderTerm[] {
  const last = order.at(-1)?.direction ?? (ast.reverse ? "desc" : "asc");
  const missing = keyFields(ast.info).filter((field) => !order.some((term) => term.field === field));
  return [...order, ...missing.map((field): OrderTerm => ({ field, direction: last }))];
}

type Compare = (a: unknown, b: unknown) => number;

/** Compares values of one field as their keys are ordered. */
function comparison(ast: QueryAst, field: string): Compare {
  const compare = ast.info?.field(field).type.compare;
  if (compare !== undefined) return compare;
  const encoding = encodingIn(ast, field);
  const item = (value: unknown) => (value === null ? null : encoding.item(value));
  return (a, b) => compareItems(item(a), item(b));
}

/** What a row inherits, as "constructor" in a query on a source name, is no value of it. */
const own = (row: object, field: string): unknown =>
  Object.hasOwn(row, field) ? ((row as Record<string, unknown>)[field] ?? null) : null;

/** Compares rows by terms; rows must hold every field of the terms. */
export function compareBy(ast: QueryAst, order: readonly OrderTerm[]): (a: object, b: object) => number {
  const keys = order.map(({ field, direction }) => ({
    field,
    compare: comparison(ast, field),
    sign: direction === "desc" ? -1 : 1,
  }));
  return (a, b) => {
    for (const { field, compare, sign } of keys) {
      const left = own(a, field);
      const right = own(b, field);
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
  plan?: Pick<Plan, "order">,
): (a: object, b: object) => number {
  return compareBy(ast, plan?.order ?? totalOrder(ast));
}
