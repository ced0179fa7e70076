/** The order of a union: which paths deliver it, which values place a row in it, and what lies behind a place. */

import { compareBytes, concatBytes } from "../../engine/index.js";
import { InvalidCursorError } from "../../errors.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import { compareBy, compileConditions } from "../evaluate/index.js";
import {
  type Direction,
  encodingIn,
  isItems,
  keyFields,
  type OrderTerm,
  type QueryAst,
  valueAt,
} from "../words/index.js";
import type { PathMatch } from "./match-path.js";
import type { Plan, Span, UnionPart } from "./plan.js";
import { planAfter } from "./plan-after.js";

/** The terms that decide: behind a complete primary key nothing is left to decide. */
export function decidingOrder(ast: QueryAst, order: readonly OrderTerm[]): readonly OrderTerm[] {
  const open = new Set(keyFields(ast.info));
  const seen = new Set<string>();
  const terms: OrderTerm[] = [];
  for (const term of order) {
    if (open.size === 0) break;
    open.delete(term.field);
    if (!seen.has(term.field)) terms.push(term);
    seen.add(term.field);
  }
  return terms;
}

/** The direction in which each key range of a path delivers an order; undefined when it does not. */
export function deliversOrder(
  { path, fixed }: PathMatch,
  order: readonly OrderTerm[],
): Direction | undefined {
  const known = new Set(fixed.map(({ field }) => field));
  const rest = [...new Set(path.fields)].filter((field) => !known.has(field));
  const open = order.filter(({ field }) => !known.has(field));
  // Places are compared as keys are ordered.
  if (order.some(({ nulls }) => nulls !== undefined)) return undefined;
  const direction = open[0]?.direction ?? "asc";
  const served = open.every((term, at) => term.field === rest[at] && term.direction === direction);
  return served ? direction : undefined;
}

/** Compares two rows by the packed values that the order names. */
export function comparePlaces(
  order: readonly OrderTerm[],
  a: readonly Uint8Array[],
  b: readonly Uint8Array[],
): number {
  for (let at = 0; at < order.length; at++) {
    const difference = compareBytes(a[at]!, b[at]!);
    if (difference !== 0) return order[at]!.direction === "desc" ? -difference : difference;
  }
  return 0;
}

const end = Buffer.from([0xff]);
const packed = (item: TupleItem): Uint8Array => pack([item]);

const max = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) >= 0 ? a : b);
const min = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) <= 0 ? a : b);

/** What lies behind all keys that begin with `key`, or (`whole`) with these. */
function behind(span: Span, key: Uint8Array, reverse: boolean, whole: boolean): Span {
  const past = concatBytes(key, end);
  if (reverse) return { ...span, end: min(span.end, whole ? past : key) };
  return { ...span, begin: max(span.begin, whole ? key : past) };
}

/** The part of a key range whose rows lie behind a place; of a unique index, perhaps a row more. */
function cut({ path, reverse }: Plan, span: Span, order: readonly OrderTerm[], place: readonly TupleItem[]) {
  // One row at most, which the merge compares with the place.
  if (span.point) return span;
  const fixed = unpack(span.begin.subarray(0, span.prefixLength));
  let key: Uint8Array = span.begin.subarray(0, span.prefixLength);
  let hasNull = fixed.includes(null);
  for (const [at, { field, direction }] of order.entries()) {
    const position = path.fields.indexOf(field);
    if (position < fixed.length) {
      const difference = compareBytes(packed(fixed[position]!), packed(place[at]!));
      if (difference === 0) continue;
      return behind(span, key, reverse, (direction === "desc" ? -difference : difference) > 0);
    }
    // Keys of a unique index end with its values; which rows of equal values lie behind, the merge sees.
    if (path.index?.unique === true && position >= path.own && !hasNull) break;
    hasNull ||= place[at] === null;
    key = concatBytes(key, packed(place[at]!));
    if (at === order.length - 1) return behind(span, key, reverse, false);
  }
  return behind(span, key, reverse, true);
}

const nonEmpty = (span: Span) => compareBytes(span.begin, span.end) < 0;

function changedPlace(): InvalidCursorError {
  return new InvalidCursorError(
    "The cursor's place is none of this query; it was changed on its way. Leave it out to start over.",
  );
}

function itemsIn(position: Uint8Array, length: number): readonly TupleItem[] {
  try {
    const items = unpack(position);
    if (items.length === length) return items;
  } catch {
    // Refused below.
  }
  throw changedPlace();
}

/** A union cut down to what lies behind a place of a cursor. @throws InvalidCursorError */
export function unionAfter(plan: Plan, position: Uint8Array): Plan {
  const { parts, arrange } = plan.union!;
  if (arrange === "merge") {
    const place = itemsIn(position, plan.order.length);
    const rest = parts.map(({ ast, plan: part }) => {
      const spans = part.spans.map((span) => cut(part, span, plan.order, place)).filter(nonEmpty);
      return { ast, plan: { ...part, spans } };
    });
    const spans = rest.flatMap(({ plan: part }) => part.spans);
    return { ...plan, spans, union: { parts: rest, arrange, after: place } };
  }
  const [number, key] = itemsIn(position, 2);
  const at = parts[Number(number)] === undefined ? -1 : Number(number);
  if (at < 0 || !(key instanceof Uint8Array)) throw changedPlace();
  const rest = parts.map(({ ast, plan: part }, i) => {
    if (i === at) return { ast, plan: planAfter(part, { path: part.path.name, position: key }) };
    const told = plan.reverse ? i > at : i < at;
    return { ast, plan: told ? { ...part, spans: [] } : part };
  });
  const spans = rest.flatMap(({ plan: part }) => part.spans);
  return { ...plan, spans, union: { parts: rest, arrange, after: undefined } };
}

/** The place of a part's row in a sequence of parts. */
export const sequencePlace = (part: number, position: Uint8Array): Uint8Array =>
  pack([part, Buffer.from(position)]);

type Row = Readonly<Record<string, unknown>>;

function packedValues(ast: QueryAst, fields: readonly string[], row: object): Uint8Array {
  const items = fields.map((field) => {
    // Of the items of a list, the key holds the one that is asked for.
    const value = isItems(ast.info, field)
      ? (ast.where.find((one) => one.field === field)?.value ?? null)
      : valueAt(ast.info, row, field);
    return value === null ? null : encodingIn(ast, field).item(value);
  });
  return pack(items);
}

/** Which part of a union delivers a whole row: the first whose conditions it meets. */
function partOfRow(ast: QueryAst, parts: readonly UnionPart[]): (row: object) => number {
  const tests = parts.map((part) => compileConditions(ast, part.ast.where));
  return (row) => tests.findIndex((test) => test(row as Row));
}

/** The key of a whole row on a path; that of a unique entry ends with its values, unless one of them is null. */
function keyOnPath(ast: QueryAst, { path }: Plan, row: object): Uint8Array {
  const own = path.fields.slice(0, path.own);
  const ends = path.index?.unique === true && own.every((field) => valueAt(ast.info, row, field) !== null);
  return packedValues(ast, ends ? own : path.fields, row);
}

/** The place of a whole row in what a plan delivers. */
function placeOf(ast: QueryAst, plan: Plan, row: object): Uint8Array {
  const fields = (order: readonly OrderTerm[]) => order.map(({ field }) => field);
  if (plan.union === undefined) return keyOnPath(ast, plan, row);
  const { parts, arrange } = plan.union;
  if (arrange === "merge") return packedValues(ast, fields(plan.order), row);
  const at = partOfRow(ast, parts)(row);
  return sequencePlace(at, keyOnPath(ast, parts[at]!.plan, row));
}

/** The part of a plan behind a whole row; undefined where rows are not read in one run of keys for each part. */
export function planBehind(ast: QueryAst, plan: Plan, row: object): Plan | undefined {
  if (plan.sort !== undefined || plan.distinct !== undefined) return undefined;
  if (plan.union !== undefined) return unionAfter(plan, placeOf(ast, plan, row));
  if (plan.arrange !== "sequence") return undefined;
  return planAfter(plan, { path: plan.path.name, position: placeOf(ast, plan, row) });
}

/** Compares whole rows in the order in which a plan delivers them. */
export function comparePlan(ast: QueryAst, plan: Plan): (a: object, b: object) => number {
  if (plan.union?.arrange !== "sequence") return compareBy(ast, plan.sort ?? plan.order);
  const { parts } = plan.union;
  const partOf = partOfRow(ast, parts);
  const within = parts.map((part) => compareBy(ast, part.plan.order));
  return (a, b) => {
    const [left, right] = [partOf(a), partOf(b)];
    return left === right ? (within[left]?.(a, b) ?? 0) : (left - right) * (plan.reverse ? -1 : 1);
  };
}
