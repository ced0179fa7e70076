/** Marks what the filters of a query throw as theirs, wherever the query is read or tested. */

import type { QueryAst } from "../../query/index.js";
import { callUser } from "../call/index.js";

type Filter = QueryAst["filters"][number];

/** By filter: the same function stays one, by which queries are known as equal. */
const known = new WeakMap<Filter, Filter>();

function safe(filter: Filter): Filter {
  let marked = known.get(filter);
  if (marked === undefined) {
    marked = (row) => callUser("The function of .filter", () => filter(row));
    known.set(filter, marked);
  }
  return marked;
}

export function withSafeFilters(ast: QueryAst): QueryAst {
  return ast.filters.length === 0 ? ast : Object.freeze({ ...ast, filters: ast.filters.map(safe) });
}
