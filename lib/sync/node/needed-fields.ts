/** Tells what has to be known for saying which rows a query showed at the version of a cursor. */

import { conditionFields, type QueryAst, rootOf } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { Unresumable } from "../log/index.js";

/** The fields that decide whether and where a row stands in it. */
export function neededFields(ast: QueryAst, info: SchemaInfo): readonly string[] {
  if (ast.filters.length > 0) return info.fields.map((field) => field.name);
  return [...conditionFields(ast), ...ast.order.map((term) => rootOf(info, term.field))];
}

/** @throws Unresumable for a filter of which nobody has said what it refers to: it may judge otherwise than it did */
export function requireCaptured({ captured }: QueryAst): void {
  if (captured.includes(undefined)) throw new Unresumable("params-changed");
}
