/** Reads the row of a query that must find one at most. */

import { MultipleResultsError } from "../../errors.js";
import { astOf, type QueryAst, type Selects, subjectOf, withWhere } from "../../query/index.js";
import type { SchemaClass } from "../../schema/index.js";
import type { RepoState } from "../transaction/index.js";
import { noResults } from "./no-results.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import type { ReadOptions } from "./read-options.js";
import { readRows } from "./read-rows.js";

/** Two rows are read at most. */
export async function one<R>(
  state: RepoState,
  query: Selects<R> | SchemaClass<object>,
  options?: ReadOptions,
): Promise<R | null> {
  return oneOf<R>(state, astOf(query), options);
}

async function oneOf<R>(state: RepoState, ast: QueryAst, options?: ReadOptions): Promise<R | null> {
  const limited: QueryAst = Object.freeze({ ...ast, limit: Math.min(ast.limit ?? 2, 2) });
  const rows = await readRows<R>(state, limited, "one", options);
  if (rows.length <= 1) return rows[0] ?? null;
  throw new MultipleResultsError(
    `A query on ${subjectOf(ast)} that must find at most one row found more. ` +
      "Narrow its conditions, or take the first: query.first().",
  );
}

export async function oneOrThrow<R>(
  state: RepoState,
  query: Selects<R> | SchemaClass<object>,
  options?: ReadOptions,
): Promise<R> {
  const row = await one<R>(state, query, options);
  if (row === null) throw noResults(`A query on ${subjectOf(astOf(query))}`);
  return row;
}

export const getBy = <R>(
  state: RepoState,
  query: AnyQuery<R>,
  where: object,
  options?: ReadOptions,
): Promise<R | null> => oneOf<R>(state, withWhere(treeOf(query), where), options);

export async function getByOrThrow<R>(
  state: RepoState,
  query: AnyQuery<R>,
  where: object,
  options?: ReadOptions,
): Promise<R> {
  const row = await getBy(state, query, where, options);
  if (row === null) throw noResults(`A query by ${Object.keys(where).join(", ")}`);
  return row;
}
