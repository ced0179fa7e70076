/** Plans how a query is read, or refuses it with the migration line of the index that would serve it. */

import type { SourceMetadata } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { QueryAst } from "../words/index.js";
import { decodeCursor } from "./cursor.js";
import type { Plan } from "./plan.js";
import { emptyPlan, isContradictory, planPath } from "./plan-path.js";
import { planUnion } from "./plan-union.js";

/**
 * Decides how a query is read: pure, so that the same query, schema and indexes always give the same plan.
 *
 * Only readable indexes are used, and partial ones only when the conditions imply theirs.
 *
 * @throws UnsupportedQueryError printing the migration line of the index that would serve the query
 * @throws InvalidQueryError for an unknown `.using`, or more than 10,000 key ranges
 * @throws InvalidCursorError for a cursor of another query
 */
export function planQuery(ast: QueryAst, _info: SchemaInfo | undefined, metadata: SourceMetadata): Plan {
  const place = ast.after === undefined ? undefined : decodeCursor(ast, ast.after);
  if (isContradictory(ast)) return emptyPlan(ast);
  return ast.or.length === 0 ? planPath(ast, metadata, place) : planUnion(ast, metadata, place);
}
