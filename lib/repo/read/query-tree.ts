/** Gives the tree of what a read takes: a query, a schema class or the name of a source. */

import { astOf, from, type QueryAst, type Selects } from "../../query/index.js";
import type { SchemaClass } from "../../schema/index.js";

export type AnyQuery<R> = Selects<R> | SchemaClass<object> | string;

export function treeOf(query: AnyQuery<unknown>): QueryAst {
  return astOf(typeof query === "string" ? from(query) : query);
}
