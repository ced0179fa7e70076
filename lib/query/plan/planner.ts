import { InvalidCursorError, InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import { builtinType, type SchemaInfo } from "../../schema/index.js";
import {
  type AccessPath,
  type Constraint,
  encodingIn,
  encodingOfType,
  type FieldEncoding,
  foldConditions,
  groupByField,
  impliesConstraint,
  indexPath,
  isEmptyConstraint,
  primaryPath,
  type QueryAst,
  subjectOf,
  totalOrder,
} from "../words/index.js";
import { needsRows } from "./coverage.js";
import { decodeCursor, planAfter } from "./cursor.js";
import { customPlan } from "./custom-index.js";
import { matchOrder, matchPath, type PathMatch, type PathOrder, spansOf } from "./match-path.js";
import { partialConditions } from "./partial-index.js";
import type { Plan } from "./plan.js";
import { refuseConditions, refuseDistinct, refuseOrder } from "./refusal.js";

/** Requests that one query may make at once for its `in` lists. */
const MAX_SPANS = 10_000;

interface Candidate {
  readonly match: PathMatch;
  readonly order: PathOrder | undefined;
  readonly distinctServed: boolean;
  readonly fetch: boolean;
}

/** Without a schema, the index's own registration tells how its fields are encoded. */
function encodingsFor(ast: QueryAst, path: AccessPath): (field: string) => FieldEncoding {
  return (field) => {
    const at = ast.info === undefined && path.index !== undefined ? path.index.fields.indexOf(field) : -1;
    const type = at >= 0 ? builtinType(path.index!.types[at]!) : undefined;
    return type === undefined
      ? encodingIn(ast, field)
      : encodingOfType(JSON.stringify(ast.source), field, type);
  };
}

export const constraintsFor = (ast: QueryAst, path: AccessPath): Map<string, Constraint> =>
  foldConditions(ast.where, encodingsFor(ast, path));

/**
 * A partial index serves a query whose own conditions imply those of the index. Gives the fields whose conditions the
 * index fulfils by itself; `undefined` when it does not serve the query.
 */
export function partialServes(
  ast: QueryAst,
  path: AccessPath,
  constraints: ReadonlyMap<string, Constraint>,
): ReadonlySet<string> | undefined {
  const fulfilled = new Set<string>();
  const where = path.index?.where;
  if (where === undefined) return fulfilled;
  const encodings = encodingsFor(ast, path);
  const conditions = partialConditions(ast.info, where);
  if (conditions === undefined || conditions.some(({ field }) => !encodings(field).keyed)) return undefined;
  for (const ofIndex of foldConditions(conditions, encodings).values()) {
    const ofQuery = constraints.get(ofIndex.field);
    if (ofQuery === undefined || !impliesConstraint(ofQuery, ofIndex)) return undefined;
    if (impliesConstraint(ofIndex, ofQuery)) fulfilled.add(ofIndex.field);
  }
  return fulfilled;
}

function availablePaths(ast: QueryAst, metadata: SourceMetadata): readonly AccessPath[] {
  const readable = metadata.indexes.filter(({ kind, state }) => kind === "index" && state === "readable");
  const paths = readable.map((index) => indexPath(ast.info, index)).filter((path) => path !== undefined);
  return [primaryPath(ast.info), ...paths];
}

/** The path named by `.using`, which must exist and be complete. */
function pinnedPath(ast: QueryAst, metadata: SourceMetadata, name: string): AccessPath {
  const path = availablePaths(ast, metadata).find((available) => available.name === name);
  if (path !== undefined) return path;
  const index = metadata.indexes.find((registered) => registered.name === name);
  if (index?.kind === "index" && index.state !== "readable") {
    const state = index.state === "writeOnly" ? "still being built" : "being dropped";
    throw new UnsupportedQueryError(
      `Index "${name}" of ${subjectOf(ast)} is ${state} and cannot answer queries. Leave out .using("${name}").`,
    );
  }
  const names = availablePaths(ast, metadata).map((available) => `"${available.name}"`);
  throw new InvalidQueryError(`${subjectOf(ast)} has no index "${name}"; .using takes ${names.join(", ")}.`);
}

function distinctServed(ast: QueryAst, match: PathMatch): boolean {
  if (ast.distinct === undefined) return true;
  const at = match.path.fields.indexOf(ast.distinct);
  const others = match.fixed.filter(({ field }) => field !== ast.distinct);
  const before = match.path.fields.slice(0, Math.max(at, 0));
  return (
    at >= 0 &&
    others.every(({ points }) => points.length === 1) &&
    before.every((field) => others.some((fixed) => fixed.field === field))
  );
}

function candidate(ast: QueryAst, path: AccessPath): Candidate | undefined {
  const constraints = constraintsFor(ast, path);
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
function readsSingleRows({ match: { path, fixed, range } }: Candidate): boolean {
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

function choose(candidates: readonly Candidate[]): Candidate {
  return candidates.reduce((best, next) => (better(next, best) ? next : best));
}

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
  // Testing the one row that a key names reads nothing more than the row.
  if (match.residual.length > 0 && !ast.scan && !readsSingleRows(found))
    throw refuseConditions(ast, constraints, unkeyedFields(ast));
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

/** The path that gave a cursor must still be there. */
function pathOfCursor(ast: QueryAst, metadata: SourceMetadata, name: string): AccessPath {
  const path = availablePaths(ast, metadata).find((available) => available.name === name);
  if (path === undefined) {
    throw new InvalidCursorError(
      `The cursor follows the index "${name}" of ${subjectOf(ast)}, which was dropped since. Leave the cursor out to start over.`,
    );
  }
  return path;
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
