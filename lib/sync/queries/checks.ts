/** Refuses what a live query cannot keep up to date. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Action } from "../live/index.js";

const actions: readonly Action[] = ["changes", "collection", "inserts", "deletes", "updates"];

export function checkAction(action: unknown): asserts action is Action {
  if (actions.includes(action as Action)) return;
  throw new InvalidQueryError(`"${String(action)}" is no kind of change; there are ${actions.join(", ")}.`);
}

/** @throws UnsupportedQueryError for a clause that a live query cannot keep up to date */
export function checkLiveQuery(ast: QueryAst, kind: string): SchemaInfo {
  const refuse = (clause: string, instead: string) => {
    throw new UnsupportedQueryError(`sync.${kind}(…) cannot keep ${clause} up to date. ${instead}`);
  };
  if (ast.info === undefined) {
    refuse(
      `a query on the source name ${JSON.stringify(ast.source)}`,
      "Query the schema class: from(Schema).",
    );
  }
  if (ast.preload.length > 0) {
    refuse(
      "a preload",
      "Give the related rows a label of their own, or list them with sync.each(ids, (id) => …).",
    );
  }
  if (ast.distinct !== undefined) refuse("distinct", "Keep the rows and take the distinct values from them.");
  if (ast.ties) refuse("what ties with the last row of a limit", "Leave out { withTies }.");
  if (ast.after !== undefined) refuse("a page behind a cursor", "Leave out .after(…) and use .limit(n).");
  return ast.info!;
}
