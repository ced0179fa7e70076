/** Takes parts of a query away again, by the names of the methods that added them. */

import { InvalidQueryError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import { emptyAst, type QueryAst } from "./ast.js";

const partsOf = {
  where: ["where", "or"],
  orderBy: ["order", "reverse"],
  limit: ["limit", "ties"],
  select: ["select"],
  preload: ["preload"],
  after: ["after"],
  using: ["using"],
  filter: ["filters", "captured"],
  scan: ["scan"],
  distinct: ["distinct"],
} as const satisfies Readonly<Record<string, readonly (keyof QueryAst)[]>>;

/** A part of a query that `.exclude` takes away. */
export type QueryPart = keyof typeof partsOf;

/** @throws InvalidQueryError for a name that is no part */
export function without(ast: QueryAst, parts: readonly QueryPart[]): QueryAst {
  const empty = emptyAst(ast.source, ast.info);
  const left: Record<string, unknown> = { ...ast };
  for (const part of parts) {
    if (typeof part !== "string" || !Object.hasOwn(partsOf, part)) {
      throw new InvalidQueryError(
        `.exclude() takes ${Object.keys(partsOf).join(", ")}, the parts of a query, not ${showValue(part)}.`,
      );
    }
    for (const name of partsOf[part]) left[name] = empty[name];
  }
  return Object.freeze(left as unknown as QueryAst);
}
