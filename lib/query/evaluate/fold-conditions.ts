/** Folds the conditions of a query into one constraint for each field. */

import { compareBytes, concatBytes, strinc } from "../../engine/index.js";
import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import type { Condition, FieldEncoding } from "../words/index.js";
import type { Constraint, Point } from "./constraint.js";
import { show } from "./show.js";

/** Above tuple null (0x00) and at or below every other element. */
const afterNull: Uint8Array = Buffer.from([0x01]);
/** Above every element. */
const afterAll: Uint8Array = Buffer.from([0xff]);
/** No element starts with 0xFF, so this is above every key that continues the element. */
const after = (element: Uint8Array): Uint8Array => concatBytes(element, afterAll);

const max = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) >= 0 ? a : b);
const min = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) <= 0 ? a : b);

/** The bytes that every element starting with `value` starts with: the element without its terminator. */
function prefixBytes(encoding: FieldEncoding, field: string, value: unknown): Uint8Array {
  const item = encoding.item(value);
  if (typeof item !== "string" && !(item instanceof Uint8Array)) {
    throw new InvalidQueryError(
      `startsWith needs text or bytes, and "${field}" is of type "${encoding.typeName}".`,
    );
  }
  const element = encoding.bytes(value);
  return element.subarray(0, element.length - 1);
}

function distinctPoints(points: readonly Point[]): readonly Point[] {
  const sorted = [...points].sort((a, b) => compareBytes(a.bytes, b.bytes));
  return sorted.filter((p, i) => i === 0 || compareBytes(p.bytes, sorted[i - 1]!.bytes) !== 0);
}

const symbols = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

function foldField(field: string, conditions: readonly Condition[], encoding: FieldEncoding): Constraint {
  let points: readonly Point[] | undefined;
  let begin: Uint8Array = Buffer.alloc(0);
  let end: Uint8Array = afterAll;
  const texts: string[] = [];
  const keep = (values: readonly unknown[]) => {
    const next = distinctPoints(values.map((value) => ({ value, bytes: encoding.bytes(value) })));
    points = points?.filter((p) => next.some((n) => compareBytes(n.bytes, p.bytes) === 0)) ?? next;
  };
  for (const { op, value } of conditions) {
    switch (op) {
      case "eq":
        keep([value]);
        break;
      case "in":
        keep(value as readonly unknown[]);
        break;
      case "isNull":
        if (value === true) keep([null]);
        else {
          begin = max(begin, afterNull);
          texts.push("is not null");
        }
        break;
      case "startsWith": {
        const prefix = prefixBytes(encoding, field, value);
        begin = max(begin, prefix);
        end = min(end, strinc(prefix));
        texts.push(`starts with ${show(value)}`);
        break;
      }
      default: {
        const element = encoding.bytes(value);
        if (op === "gt") begin = max(begin, after(element));
        else if (op === "gte") begin = max(begin, element);
        else if (op === "lt") end = min(end, element);
        else end = min(end, after(element));
        begin = max(begin, afterNull);
        texts.push(`${symbols[op]} ${show(value)}`);
      }
    }
  }
  if (points !== undefined) {
    const inside = points.filter((p) => compareBytes(p.bytes, begin) >= 0 && compareBytes(p.bytes, end) < 0);
    return { field, kind: "points", points: inside };
  }
  if (compareBytes(begin, end) >= 0) return { field, kind: "points", points: [] };
  return { field, kind: "range", begin, end, text: texts.join(" and ") };
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
    if (encoding.keyed) folded.set(field, foldField(field, group, encoding));
    else refuseOrder(field, group, encoding);
  }
  return folded;
}

function refuseOrder(field: string, group: readonly Condition[], encoding: FieldEncoding): void {
  const ordered = group.find(({ op }) => op !== "eq" && op !== "in" && op !== "isNull");
  if (ordered === undefined) return;
  throw new UnsupportedQueryError(
    `"${field}" is of type "${encoding.typeName}", whose values have no order, so "${ordered.op}" has no meaning. ` +
      "Use .filter((row) => …) on a query that reads the rows.",
  );
}
