/** Makes the query by which a relation is read: what is asked, what the relation says itself, and what the Repo adds. */

import { emptyAst, type QueryAst, withWhere } from "../../query/index.js";
import type { AssociationInfo } from "../../schema/index.js";
import type { Asked } from "./asked.js";

/** Undefined when nothing says which of the related records are meant. */
export function relationQuery(
  { query, prepare }: Pick<Asked, "query" | "prepare">,
  { target, where, preloadOrder, through }: AssociationInfo,
): QueryAst | undefined {
  // Its steps say for themselves.
  if (through !== undefined) return query;
  if (where === undefined && preloadOrder === undefined && prepare === undefined) return query;
  let ast = query ?? emptyAst(target().source, target());
  if (where !== undefined) ast = withWhere(ast, where);
  if (preloadOrder !== undefined && ast.order.length === 0 && !ast.reverse)
    ast = Object.freeze({ ...ast, order: preloadOrder });
  return prepare?.(ast) ?? ast;
}
