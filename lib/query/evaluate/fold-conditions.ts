/** Folds the conditions of a query into one constraint for each field. */

import { compareBytes, strinc } from "../../engine/index.js";
import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { Alternatives, Condition, FieldEncoding } from "../words/index.js";
import type { Constraint } from "./constraint.js";
import {
  after,
  afterAll,
  afterNull,
  everything,
  holds,
  intersect,
  type Piece,
  type Point,
  pointPiece,
  rangePiece,
  union,
  without,
} from "./pieces.js";
import { show } from "./show.js";

/** The bytes that every element starting with `value` starts with: the element without its terminator. */
function prefixBytes(encoding: FieldEncoding, field: string, value: unknown): Uint8Array {
  const item = encoding.item(value);
  // A decimal is text whose key is bytes: numbers, which begin with nothing.
  if (typeof item !== "string" && !(item instanceof Uint8Array && typeof value !== "string")) {
    throw new InvalidQueryError(
      `startsWith needs text or bytes, and "${field}" is of type "${encoding.typeName}".`,
    );
  }
  const element = encoding.bytes(value);
  return element.subarray(0, element.length - 1);
}

function pointsOf(values: readonly unknown[], encoding: FieldEncoding): readonly Point[] {
  if (values.length === 1) return [{ value: values[0], bytes: encoding.bytes(values[0]) }];
  const sorted = values
    .map((value) => ({ value, bytes: encoding.bytes(value) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes));
  return sorted.filter((p, i) => i === 0 || compareBytes(p.bytes, sorted[i - 1]!.bytes) !== 0);
}

const symbols = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** What `ne` and `notIn` leave: ranges around the values. */
function others(values: readonly unknown[], encoding: FieldEncoding): readonly Piece[] {
  const points = pointsOf(
    values.filter((value) => value !== null),
    encoding,
  );
  return without(points, (below, above) => {
    const sides = [
      ...(below === undefined ? [] : [`> ${show(below.value)}`]),
      ...(above === undefined ? [] : [`< ${show(above.value)}`]),
    ];
    return sides.length === 0 ? "is not null" : sides.join(" and ");
  });
}

function piecesOf({ field, op, value }: Condition, encoding: FieldEncoding): readonly Piece[] {
  const points = (values: readonly unknown[]) => pointsOf(values, encoding).map(pointPiece);
  switch (op) {
    case "eq":
      return points([value]);
    case "in":
      return points(value as readonly unknown[]);
    case "ne":
      return others([value], encoding);
    case "notIn":
      return others(value as readonly unknown[], encoding);
    case "isNull":
      return value === true ? points([null]) : [rangePiece(afterNull, afterAll, "is not null")];
    case "startsWith": {
      const prefix = prefixBytes(encoding, field, value);
      return [rangePiece(prefix, strinc(prefix), `starts with ${show(value)}`)];
    }
    case "any":
      return union((value as Alternatives).flatMap((list) => foldPieces(list, encoding)));
    default: {
      const element = encoding.bytes(value);
      const text = `${symbols[op]} ${show(value)}`;
      if (op === "gt") return [rangePiece(after(element), afterAll, text)];
      if (op === "gte") return [rangePiece(element, afterAll, text)];
      return [rangePiece(afterNull, op === "lt" ? element : after(element), text)];
    }
  }
}

const foldPieces = (conditions: readonly Condition[], encoding: FieldEncoding): readonly Piece[] =>
  conditions.reduce((pieces, condition) => intersect(pieces, piecesOf(condition, encoding)), everything);

/** The values that the lists among the conditions name; undefined without one. */
function listed(conditions: readonly Condition[], encoding: FieldEncoding): readonly Point[] | undefined {
  let points: readonly Point[] | undefined;
  for (const { op, value } of conditions) {
    if (op !== "eq" && op !== "in") continue;
    const next = pointsOf(op === "eq" ? [value] : (value as readonly unknown[]), encoding);
    points = points?.filter((p) => next.some((n) => compareBytes(n.bytes, p.bytes) === 0)) ?? next;
  }
  return points;
}

function foldField(field: string, conditions: readonly Condition[], encoding: FieldEncoding): Constraint {
  // Lists may be long: they are tested, and do not become pieces one by one.
  const list = listed(conditions, encoding);
  const rest = list === undefined ? conditions : conditions.filter(({ op }) => op !== "eq" && op !== "in");
  const pieces = foldPieces(rest, encoding);
  if (list !== undefined) {
    const inside = rest.length === 0 ? list : list.filter(({ bytes }) => pieces.some((p) => holds(p, bytes)));
    return { field, kind: "points", points: inside };
  }
  const points = pieces.map(({ point }) => point).filter((point) => point !== undefined);
  if (points.length === pieces.length) return { field, kind: "points", points };
  const text = pieces.map((piece) => piece.text).join(" or ");
  return { field, kind: "range", begin: pieces[0]!.begin, end: pieces.at(-1)!.end, text, pieces };
}

/** Conditions by field, in the order in which fields first appear. */
export function groupByField(conditions: readonly Condition[]): Map<string, Condition[]> {
  const groups = new Map<string, Condition[]>();
  for (const condition of conditions) {
    const group = groups.get(condition.field);
    if (group === undefined) groups.set(condition.field, [condition]);
    else group.push(condition);
  }
  return groups;
}

/**
 * Folds the conditions of each keyed field; an empty set of points says that nothing can match.
 *
 * @throws UnsupportedQueryError for an order comparison on a type without order
 */
export function foldConditions(
  conditions: readonly Condition[],
  encodingFor: (field: string) => FieldEncoding,
): Map<string, Constraint> {
  const folded = new Map<string, Constraint>();
  for (const [field, group] of groupByField(conditions)) {
    const encoding = encodingFor(field);
    // A list may have several items: only the first condition narrows a key, the others are tested.
    if (field.endsWith("[]") && encoding.keyed)
      folded.set(field, foldField(field, group.slice(0, 1), encoding));
    else if (encoding.keyed) folded.set(field, foldField(field, group, encoding));
    else refuseOrder(field, group, encoding);
  }
  return folded;
}

const unordered: ReadonlySet<string> = new Set(["eq", "ne", "in", "notIn", "isNull", "any"]);

function refuseOrder(field: string, group: readonly Condition[], encoding: FieldEncoding): void {
  for (const { op, value } of group) {
    if (op === "any") for (const list of value as Alternatives) refuseOrder(field, list, encoding);
    if (unordered.has(op)) continue;
    throw new UnsupportedQueryError(
      `"${field}" is of type "${encoding.typeName}", whose values have no order, so "${op}" has no meaning. ` +
        "Use .filter((row) => …) on a query that reads the rows.",
    );
  }
}
