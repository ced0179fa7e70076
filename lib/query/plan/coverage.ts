/** Decides whether index entries alone tell what a query wants, or the rows must be read as well. */

import { tellsValue } from "../../layer/index.js";
import type { Condition, OrderTerm, QueryAst } from "../words/index.js";
import type { AccessPath } from "./access-path.js";

/** Fields whose values an entry of the index tells exactly. */
function coveredFields(ast: QueryAst, path: AccessPath): ReadonlySet<string> {
  const covered = new Set<string>(path.include);
  const { info } = ast;
  if (info !== undefined) for (const field of path.fields) if (tellsValue(info, field)) covered.add(field);
  return covered;
}

/** Whether the rows themselves must be read after the index entries. */
export function needsRows(
  ast: QueryAst,
  path: AccessPath,
  residual: readonly Condition[],
  sort: readonly OrderTerm[] | undefined,
): boolean {
  if (path.index === undefined) return ast.distinct !== undefined;
  if (path.index.whole === true && ast.info !== undefined) return false;
  // What ties is told by the fields of the order.
  const told = ast.ties ? ast.order.map(({ field }) => field) : [];
  if (ast.select === undefined || ast.filters.length > 0 || ast.preload.length > 0) return true;
  const covered = coveredFields(ast, path);
  const wanted = [
    ...ast.select.fields,
    ...residual.map(({ field }) => field),
    ...ast.or.flat(2).map(({ field }) => field),
    ...(sort ?? []).map(({ field }) => field),
    ...told,
  ];
  return !wanted.every((field) => covered.has(field));
}
