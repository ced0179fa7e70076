/** Plans how a query is read, or refuses it with the migration line of the index that would serve it. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { groupByField, isEmptyConstraint, totalOrder } from "../evaluate/index.js";
import { encodingIn, type QueryAst, subjectOf } from "../words/index.js";
import { primaryPath } from "./access-path.js";
import { availablePaths, pathOfCursor, pinnedPath } from "./available-paths.js";
import { type Candidate, candidate, choose, readsSingleRows } from "./candidate.js";
import { constraintsFor } from "./constraints-for.js";
import { decodeCursor } from "./cursor.js";
import { customPlan } from "./custom-plan.js";
import type { PathOrder } from "./match-order.js";
import type { Plan } from "./plan.js";
import { planAfter } from "./plan-after.js";
import { refuseConditions, refuseDistinct, refuseOrder } from "./refusal.js";
import { spansOf } from "./spans-of.js";

/** Requests that one query may make at once for its `in` lists. */
const MAX_SPANS = 10_000;

function emptyPlan(ast: QueryAst): Plan {
  return Object.freeze({
    kind: "empty",
    path: primaryPath(ast.info),
    spans: [],
    arrange: "sequence",
    reverse: false,
    order: totalOrder(ast),
    sort: undefined,
    limit: ast.limit,
    residual: [],
    filters: ast.filters.length,
    fetch: false,
    distinct: ast.distinct,
  });
}

const unkeyedFields = (ast: QueryAst): readonly string[] =>
  [...groupByField(ast.where).keys()].filter((field) => !encodingIn(ast, field).keyed);

/** No condition is left over; testing the one row that a key names reads nothing more than the row. */
const isServed = (ast: QueryAst, found: Candidate): boolean =>
  found.match.residual.length === 0 || ast.scan || readsSingleRows(found);

function check(ast: QueryAst, found: Candidate): void {
  const { match, order, distinctServed: distinct } = found;
  const constraints = constraintsFor(ast, match.path);
  if (!distinct) throw refuseDistinct(ast, constraints);
  if (!isServed(ast, found)) throw refuseConditions(ast, constraints, unkeyedFields(ast));
  const canSort =
    ast.after === undefined && ast.distinct === undefined && (ast.limit === undefined || ast.scan);
  if (order === undefined && !canSort) throw refuseOrder(ast, constraints, match);
  if (ast.distinct !== undefined && (ast.filters.length > 0 || match.residual.length > 0)) {
    throw new UnsupportedQueryError(
      `.distinct("${ast.distinct}") reads one row for each value, so it cannot be combined with .filter() or .scan(). ` +
        "Read the rows and keep the first of each value yourself.",
    );
  }
  const spans = match.fixed.reduce((count, { points }) => count * points.length, 1);
  if (spans > MAX_SPANS) {
    throw new InvalidQueryError(
      `The "in" lists of the query on ${subjectOf(ast)} make ${spans} key ranges; at most ${MAX_SPANS} are read at once. ` +
        "Split the lists.",
    );
  }
}

function buildPlan(ast: QueryAst, { match, order, fetch }: Candidate): Plan {
  const delivered: PathOrder = order ?? { arrange: "sequence", reverse: false, order: totalOrder(ast) };
  return {
    kind: match.path.index === undefined ? "primary" : "index",
    path: match.path,
    spans: spansOf(match, delivered),
    arrange: delivered.arrange,
    reverse: delivered.reverse,
    order: delivered.order,
    sort: order === undefined ? totalOrder(ast) : undefined,
    limit: ast.limit,
    residual: match.residual,
    filters: ast.filters.length,
    fetch,
    distinct: ast.distinct,
  };
}

function isContradictory(ast: QueryAst): boolean {
  for (const constraint of constraintsFor(ast, primaryPath(ast.info)).values()) {
    if (isEmptyConstraint(constraint)) return true;
  }
  return false;
}

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
  const custom = place === undefined || ast.using !== undefined ? customPlan(ast, metadata) : undefined;
  if (custom !== undefined && custom.path.name === ast.using) return custom;
  const paths =
    place !== undefined
      ? [pathOfCursor(ast, metadata, place.path)]
      : ast.using !== undefined
        ? [pinnedPath(ast, metadata, ast.using)]
        : availablePaths(ast, metadata);
  const candidates = paths.map((path) => candidate(ast, path)).filter((found) => found !== undefined);
  if (candidates.length === 0) {
    throw new UnsupportedQueryError(
      `Index "${paths[0]!.name}" of ${subjectOf(ast)} holds only rows that satisfy its own conditions, and the query does ` +
        "not ask for those. Repeat the index's conditions in .where(), or leave out .using().",
    );
  }
  const chosen = choose(candidates);
  if (custom !== undefined && !isServed(ast, chosen)) return custom;
  check(ast, chosen);
  if (ast.limit === 0) return emptyPlan(ast);
  const plan = buildPlan(ast, chosen);
  return Object.freeze(place === undefined ? plan : planAfter(plan, place));
}
