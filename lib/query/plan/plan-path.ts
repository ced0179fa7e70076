/** Plans a query without alternatives: one path, cut into key ranges. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import { groupByField, isEmptyConstraint, totalOrder } from "../evaluate/index.js";
import { encodingIn, type QueryAst, subjectOf } from "../words/index.js";
import { primaryPath } from "./access-path.js";
import { type Candidate, candidatesOf, choose, readsSingleRows } from "./candidate.js";
import { constraintsFor } from "./constraints-for.js";
import type { CursorPlace } from "./cursor.js";
import { customPlan } from "./custom-plan.js";
import type { PathOrder } from "./match-order.js";
import { spanCount } from "./match-path.js";
import type { Plan } from "./plan.js";
import { planAfter } from "./plan-after.js";
import { distinctWords, refuseConditions, refuseDistinct, refuseOrder, refusePartial } from "./refusal.js";
import { spansOf } from "./spans-of.js";

/** Requests that one query may make at once for its `in` lists. */
const MAX_SPANS = 10_000;

export function emptyPlan(ast: QueryAst): Plan {
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
    alternatives: [],
    filters: ast.filters.length,
    fetch: false,
    distinct: ast.distinct,
    union: undefined,
  });
}

export const unkeyedFields = (ast: QueryAst): readonly string[] =>
  [...groupByField(ast.where).keys()].filter((field) => !encodingIn(ast, field).keyed);

/** No condition is left over; testing the one row that a key names reads nothing more than the row. */
const isServed = (ast: QueryAst, found: Candidate): boolean =>
  found.match.residual.length === 0 || ast.scan || readsSingleRows(found);

export function check(ast: QueryAst, found: Candidate): void {
  const { match, order, distinctServed: distinct } = found;
  const constraints = constraintsFor(ast, match.path);
  if (!distinct) throw refuseDistinct(ast, constraints);
  if (!isServed(ast, found)) throw refuseConditions(ast, constraints, unkeyedFields(ast));
  const canSort =
    ast.after === undefined && ast.distinct === undefined && (ast.limit === undefined || ast.scan);
  if (order === undefined && !canSort) throw refuseOrder(ast, constraints, match);
  const tested = ast.filters.length + match.residual.length + ast.or.length > 0;
  if (ast.distinct !== undefined && tested) {
    throw new UnsupportedQueryError(
      `.distinct(${distinctWords(ast.distinct)}) reads one row for each value, so it cannot be combined with .filter() or .scan(). ` +
        "Read the rows and keep the first of each value yourself.",
    );
  }
  checkSpans(ast, spanCount(match));
}

/** @throws InvalidQueryError for more key ranges than are read at once */
export function checkSpans(ast: QueryAst, spans: number): void {
  if (spans > MAX_SPANS) {
    throw new InvalidQueryError(
      `The "in" lists of the query on ${subjectOf(ast)} make ${spans} key ranges; at most ${MAX_SPANS} are read at once. ` +
        "Split the lists.",
    );
  }
}

/** @param ast may have alternatives: they are then tested in memory */
export function buildPlan(ast: QueryAst, { match, order, fetch }: Candidate): Plan {
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
    alternatives: ast.or,
    filters: ast.filters.length,
    fetch,
    distinct: ast.distinct,
    union: undefined,
  };
}

export function isContradictory(ast: QueryAst): boolean {
  for (const constraint of constraintsFor(ast, primaryPath(ast.info)).values()) {
    if (isEmptyConstraint(constraint)) return true;
  }
  return false;
}

/** @param place of the cursor to continue behind */
export function planPath(ast: QueryAst, metadata: SourceMetadata, place: CursorPlace | undefined): Plan {
  const custom = place === undefined || ast.using !== undefined ? customPlan(ast, metadata) : undefined;
  if (custom !== undefined && custom.path.name === ast.using) return custom;
  const candidates = candidatesOf(ast, metadata, place?.path);
  if (candidates.length === 0) throw refusePartial(ast, place?.path ?? ast.using);
  const chosen = choose(candidates);
  if (custom !== undefined && !isServed(ast, chosen)) return custom;
  check(ast, chosen);
  if (ast.limit === 0) return emptyPlan(ast);
  const plan = buildPlan(ast, chosen);
  return Object.freeze(place === undefined ? plan : planAfter(plan, place));
}
