/** Weighs the paths that could serve a query, and chooses the one that reads least. */

import type { SourceMetadata } from "../../layer/index.js";
import { totalOrder } from "../evaluate/index.js";
import type { QueryAst } from "../words/index.js";
import type { AccessPath } from "./access-path.js";
import { availablePaths, pathOfCursor, pinnedPath } from "./available-paths.js";
import { constraintsFor } from "./constraints-for.js";
import { needsRows } from "./coverage.js";
import { matchOrder, type PathOrder } from "./match-order.js";
import { matchPath, type PathMatch } from "./match-path.js";
import { partialServes } from "./partial-index.js";

export interface Candidate {
  readonly match: PathMatch;
  readonly order: PathOrder | undefined;
  readonly distinctServed: boolean;
  readonly fetch: boolean;
}

function distinctServed(ast: QueryAst, match: PathMatch): boolean {
  const { distinct } = ast;
  if (distinct === undefined) return true;
  const places = distinct.map((field) => match.path.fields.indexOf(field));
  const others = match.fixed.filter(({ field }) => !distinct.includes(field));
  const before = match.path.fields.slice(0, Math.max(...places));
  return (
    !places.includes(-1) &&
    others.every(({ points }) => points.length === 1) &&
    before.every((field) => distinct.includes(field) || others.some((fixed) => fixed.field === field))
  );
}

/** An index with an entry for each item of a list has a row once only where the item is named. */
function holdsEachRowOnce(
  { index, fields }: AccessPath,
  constraints: ReturnType<typeof constraintsFor>,
): boolean {
  if (index?.each === undefined) return true;
  const constraint = constraints.get(fields[index.each]!);
  if (constraint?.kind !== "points" || constraint.points.length !== 1) return false;
  return fields.slice(0, index.each).every((field) => constraints.get(field)?.kind === "points");
}

export function candidate(ast: QueryAst, path: AccessPath): Candidate | undefined {
  const constraints = constraintsFor(ast, path);
  if (!holdsEachRowOnce(path, constraints)) return undefined;
  const fulfilled = partialServes(ast, path, constraints);
  if (fulfilled === undefined) return undefined;
  const reached = matchPath(path, constraints, ast.where);
  const match = { ...reached, residual: reached.residual.filter(({ field }) => !fulfilled.has(field)) };
  const order = matchOrder(ast, match);
  const sort = order === undefined ? totalOrder(ast) : undefined;
  return {
    match,
    order,
    distinctServed: distinctServed(ast, match),
    fetch: needsRows(ast, path, match.residual, sort),
  };
}

/** Every key range holds at most one row: the primary key or a unique index is fixed completely. */
export function readsSingleRows({ match: { path, fixed, range } }: Candidate): boolean {
  if (range !== undefined || fixed.length < path.narrowing.length) return false;
  if (path.index === undefined) return true;
  return path.index.unique && fixed.every(({ points }) => points.every(({ value }) => value !== null));
}

/** Lower is better; compared from left to right. */
function rank(found: Candidate): readonly number[] {
  const { match, order, distinctServed: distinct, fetch } = found;
  const { path, fixed, range, residual } = match;
  const exact = readsSingleRows(found);
  return [
    exact ? 0 : new Set(residual.map(({ field }) => field)).size,
    distinct ? 0 : 1,
    order === undefined ? 1 : 0,
    // What its maker says of an index comes before what its fields let one guess.
    -(path.index?.priority ?? 0),
    exact ? 0 : 1,
    -(fixed.length + (range === undefined ? 0 : 1)),
    fetch ? 1 : 0,
    path.index === undefined ? 0 : 1,
    path.own,
  ];
}

function better(a: Candidate, b: Candidate): boolean {
  const left = rank(a);
  const right = rank(b);
  const at = left.findIndex((value, i) => value !== right[i]);
  return at >= 0 && left[at]! < right[at]!;
}

export function choose(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, next) => (better(next, best) ? next : best));
}

/**
 * The paths that a query may take, weighed: that of a cursor, that of `.using`, or all that there are. None when the one
 * path is partial and does not hold the rows.
 */
export function candidatesOf(
  ast: QueryAst,
  metadata: SourceMetadata,
  ofCursor: string | undefined,
): readonly Candidate[] {
  const paths =
    ofCursor !== undefined
      ? [pathOfCursor(ast, metadata, ofCursor)]
      : ast.using !== undefined
        ? [pinnedPath(ast, metadata, ast.using)]
        : availablePaths(ast, metadata);
  return paths.map((path) => candidate(ast, path)).filter((found) => found !== undefined);
}
