/** Reads the rows that tie with the last one of a limited query, by one more query for exactly them. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import { compareBy } from "../evaluate/index.js";
import type { Plan } from "../plan/index.js";
import { type QueryAst, subjectOf, valueAt, withWhere } from "../words/index.js";
import type { FoundRow } from "./found-row.js";

/**
 * @param rows those of the limit, in order
 * @param read runs the query of the rows that tie
 */
export async function withTies(
  ast: QueryAst,
  plan: Plan,
  rows: readonly FoundRow[],
  read: (ast: QueryAst) => Promise<readonly FoundRow[]>,
): Promise<readonly FoundRow[]> {
  const last = rows.at(-1);
  if (last === undefined || rows.length < ast.limit!) return rows;
  const equal: Record<string, unknown> = {};
  for (const { field } of ast.order) equal[field] = valueAt(ast.info, last.record, field);
  const same = await read(
    Object.freeze({
      ...withWhere(ast, equal),
      limit: undefined,
      ties: false,
      // On the same path, ties come in the order in which the limit has met them.
      using: ast.using ?? plan.path.name,
    }),
  );
  const compare = compareBy(ast, ast.order);
  return [...rows.filter(({ record }) => compare(record, last.record) !== 0), ...same];
}

/** @throws InvalidQueryError without an order; UnsupportedQueryError where the rows do not lie on one path */
export function checkTies(ast: QueryAst, plan: Plan): void {
  if (ast.order.length === 0) {
    throw new InvalidQueryError(
      `.limit(n, { withTies: true }) on ${subjectOf(ast)} has no .orderBy(…), so no two rows tie. Say by what they are ordered.`,
    );
  }
  if (
    ast.after === undefined &&
    ast.distinct === undefined &&
    plan.kind !== "union" &&
    plan.kind !== "custom"
  )
    return;
  throw new UnsupportedQueryError(
    `.limit(n, { withTies: true }) on ${subjectOf(ast)} reads what ties with the last row on the path of the others, so it ` +
      "takes no cursor, no .distinct(), no alternatives over several fields and no custom index. Leave out { withTies }.",
  );
}
