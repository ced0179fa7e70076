/** Tells which fields decide whether and where a row stands in a query. */

import { conditionFields, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";

export function neededFields(ast: QueryAst, info: SchemaInfo): readonly string[] {
  if (ast.filters.length > 0) return info.fields.map((field) => field.name);
  return [...conditionFields(ast), ...ast.order.map((term) => term.field)];
}
