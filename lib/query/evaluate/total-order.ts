/** Makes the order of a query total, so that no two rows tie. */

import { keyFields, type OrderTerm, type QueryAst } from "../words/index.js";

/** `order` made total: the primary key decides ties, in the direction of the last term. */
export function totalOrder(ast: QueryAst, order: readonly OrderTerm[] = ast.order): readonly OrderTerm[] {
  const last = order.at(-1)?.direction ?? (ast.reverse ? "desc" : "asc");
  const missing = keyFields(ast.info).filter((field) => !order.some((term) => term.field === field));
  return [...order, ...missing.map((field): OrderTerm => ({ field, direction: last }))];
}
