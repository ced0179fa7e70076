/** Plans a query with alternatives over several fields: a union of plans, or one path where they are tested in memory. */

import { InvalidCursorError, UnsupportedQueryError } from "../../errors.js";
import type { SourceMetadata } from "../../layer/index.js";
import { canonicalText, isEmptyConstraint, totalOrder } from "../evaluate/index.js";
import {
  type Condition,
  combinations,
  conditionFields,
  keyFields,
  type OrderTerm,
  type QueryAst,
  subjectOf,
} from "../words/index.js";
import { primaryPath } from "./access-path.js";
import { type Candidate, candidatesOf, choose, readsSingleRows } from "./candidate.js";
import { constraintsFor } from "./constraints-for.js";
import type { CursorPlace } from "./cursor.js";
import { spanCount } from "./match-path.js";
import type { Plan, Union } from "./plan.js";
import { planAfter } from "./plan-after.js";
import { buildPlan, check, checkSpans, emptyPlan, unkeyedFields } from "./plan-path.js";
import { distinctWords, refuseAlternatives, refuseOrder, refusePartial } from "./refusal.js";
import { spansOf } from "./spans-of.js";
import { decidingOrder, deliversOrder, unionAfter } from "./union-order.js";

/** The alternatives written out, each with all other conditions; in an order that how they are written does not change. */
function alternativesOf(ast: QueryAst): readonly (readonly Condition[])[] {
  const byText = new Map<string, readonly Condition[]>();
  for (const where of combinations(ast.where, ast.or)) {
    const constraints = constraintsFor({ ...ast, where }, primaryPath(ast.info)).values();
    if (![...constraints].some(isEmptyConstraint)) byText.set(canonicalText(ast, where), where);
  }
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, where]) => where);
}

/** The alternative as a query of its own, whose rows tell what the union needs to know of them. */
function partOf(ast: QueryAst, where: readonly Condition[], told: readonly string[]): QueryAst {
  const select = ast.select && {
    fields: [...new Set([...ast.select.fields, ...keyFields(ast.info), ...told])],
    single: false,
  };
  return Object.freeze({ ...ast, where, or: [], after: undefined, select });
}

const isServed = (found: Candidate): boolean => found.match.residual.length === 0 || readsSingleRows(found);

interface Choice {
  readonly arrange: Union["arrange"];
  readonly parts: readonly { readonly ast: QueryAst; readonly chosen: Candidate }[];
}

function chooseParts(
  ast: QueryAst,
  metadata: SourceMetadata,
  names: readonly string[] | undefined,
  order: readonly OrderTerm[],
  told: readonly string[],
): Choice | readonly QueryAst[] {
  const parts = alternativesOf(ast).map((where, at) => {
    const part = partOf(ast, where, told);
    const served = candidatesOf(part, metadata, names?.[at]).filter(isServed);
    return { ast: part, served, ordered: served.filter(({ match }) => deliversOrder(match, order)) };
  });
  const unserved = parts.filter(({ served }) => served.length === 0);
  if (unserved.length > 0) return unserved.map((part) => part.ast);
  const late = parts.find(({ ordered }) => ordered.length === 0);
  if (late === undefined) {
    return { arrange: "merge", parts: parts.map((p) => ({ ast: p.ast, chosen: choose(p.ordered) })) };
  }
  const chosen = parts.map((part) => ({ ast: part.ast, chosen: choose(part.served) }));
  if (ast.order.length === 0) return { arrange: "sequence", parts: chosen };
  const canSort = ast.after === undefined && (ast.limit === undefined || ast.scan);
  if (canSort) return { arrange: "sort", parts: chosen };
  const { match } = choose(late.served);
  throw refuseOrder(late.ast, constraintsFor(late.ast, match.path), match);
}

/** The paths of a union in a cursor. */
const nameOf = ({ arrange, parts }: Choice): string =>
  JSON.stringify([arrange, ...parts.map(({ chosen }) => chosen.match.path.name)]);

const isText = (name: unknown): name is string => typeof name === "string";

function namesIn(ast: QueryAst, path: string): readonly string[] | undefined {
  if (!path.startsWith("[")) return undefined;
  try {
    const [arrange, ...names] = JSON.parse(path) as readonly unknown[];
    const known = arrange === "merge" || arrange === "sequence" || arrange === "sort";
    if (known && names.length === alternativesOf(ast).length && names.every(isText)) return names;
  } catch {
    // Refused below.
  }
  throw changedCursor(ast);
}

function changedCursor(ast: QueryAst): InvalidCursorError {
  return new InvalidCursorError(
    `The cursor does not follow the paths on which the query on ${subjectOf(ast)} is read: .scan() was left out since, or ` +
      "it was changed on its way. Leave it out to start over.",
  );
}

function buildUnion(ast: QueryAst, order: readonly OrderTerm[], choice: Choice): Plan {
  const { arrange } = choice;
  checkSpans(
    ast,
    choice.parts.reduce((count, { chosen }) => count + spanCount(chosen.match), 0),
  );
  const parts = choice.parts.map(({ ast: part, chosen }) => {
    const plan = buildPlan(part, chosen);
    if (arrange === "sequence") return { ast: part, plan };
    const reverse = arrange === "merge" && deliversOrder(chosen.match, order) === "desc";
    const spans = spansOf(chosen.match, { arrange: "merge", reverse, order: [] });
    return {
      ast: part,
      plan: { ...plan, spans, arrange: "merge" as const, reverse, order, sort: undefined },
    };
  });
  return {
    kind: "union",
    path: { ...primaryPath(ast.info), name: nameOf(choice) },
    spans: parts.flatMap(({ plan }) => plan.spans),
    arrange: arrange === "merge" ? "merge" : "sequence",
    reverse: arrange === "sequence" && ast.reverse,
    order: arrange === "sequence" ? [] : order,
    sort: arrange === "sort" ? order : undefined,
    limit: ast.limit,
    residual: [],
    alternatives: [],
    filters: ast.filters.length,
    fetch: parts.some(({ plan }) => plan.fetch),
    distinct: undefined,
    union: { parts, arrange, after: undefined },
  };
}

/** One path, where the alternatives are tested row by row: those of single rows, or of a scan. */
function testedPlan(
  ast: QueryAst,
  metadata: SourceMetadata,
  path: string | undefined,
  scan: boolean,
): Plan | undefined {
  const found = candidatesOf(ast, metadata, path);
  const single = found.filter(readsSingleRows);
  const usable = single.length > 0 || !scan ? single : found;
  if (usable.length === 0) return undefined;
  const chosen = choose(usable);
  check(ast, chosen);
  return buildPlan(ast, chosen);
}

/** Rows are tested, because a key names them without deciding all conditions. */
const isTested = ({ arrange, parts }: Choice): boolean =>
  arrange === "sequence" || parts.some(({ chosen }) => chosen.match.residual.length > 0);

function chosenUnion(
  ast: QueryAst,
  metadata: SourceMetadata,
  names: readonly string[] | undefined,
  order: readonly OrderTerm[],
): Choice | undefined {
  const ordered = order.map(({ field }) => field);
  const choice = chooseParts(ast, metadata, names, order, ordered);
  if ("arrange" in choice) {
    return isTested(choice)
      ? (chooseParts(ast, metadata, names, order, [...ordered, ...conditionFields(ast)]) as Choice)
      : choice;
  }
  if (ast.scan) return undefined;
  const [first, ...more] = choice.map((part) => ({
    part,
    constraints: constraintsFor(part, primaryPath(ast.info)),
    unkeyed: unkeyedFields(part),
  }));
  const pinned = ast.using !== undefined && candidatesOf(first!.part, metadata, names?.[0]).length === 0;
  throw pinned ? refusePartial(ast, ast.using) : refuseAlternatives(ast, [first!, ...more]);
}

function refuseDistinctUnion(ast: QueryAst): UnsupportedQueryError {
  return new UnsupportedQueryError(
    `.distinct(${distinctWords(ast.distinct!)}) reads one row for each value of one index, and alternatives over several fields are ` +
      `several reads. Query each alternative of ${subjectOf(ast)} by itself, or keep the first of each value yourself.`,
  );
}

/** @throws UnsupportedQueryError, InvalidQueryError, InvalidCursorError */
export function planUnion(ast: QueryAst, metadata: SourceMetadata, place: CursorPlace | undefined): Plan {
  if (alternativesOf(ast).length === 0) return emptyPlan(ast);
  const names = place === undefined ? undefined : namesIn(ast, place.path);
  if (place !== undefined && names === undefined) {
    const whole = testedPlan(ast, metadata, place.path, ast.scan);
    if (whole === undefined) throw changedCursor(ast);
    return Object.freeze(planAfter(whole, place));
  }
  const single = place === undefined ? testedPlan(ast, metadata, undefined, false) : undefined;
  if (single !== undefined) return Object.freeze(single);
  if (ast.distinct !== undefined) throw refuseDistinctUnion(ast);
  const order = decidingOrder(ast, totalOrder(ast));
  const choice = chosenUnion(ast, metadata, names, order);
  if (choice === undefined) return Object.freeze(testedPlan(ast, metadata, undefined, true)!);
  const plan = buildUnion(ast, order, choice);
  if (ast.limit === 0) return emptyPlan(ast);
  return Object.freeze(place === undefined ? plan : unionAfter(plan, place.position));
}
