/** Tests in memory whether a record satisfies the conditions of a query. */

import { isDeepStrictEqual } from "node:util";
import { compareBytes } from "../../engine/index.js";
import { InvalidQueryError } from "../../errors.js";
import {
  type Alternatives,
  type Condition,
  encodingIn,
  type FieldEncoding,
  fieldOf,
  isItems,
  type QueryAst,
  valueAt,
} from "../words/index.js";
import type { Constraint } from "./constraint.js";
import { foldConditions, groupByField } from "./fold-conditions.js";
import { holds } from "./pieces.js";

type Test = (record: Readonly<Record<string, unknown>>) => boolean;

/** The bytes of a row's value; `undefined` for one that no condition can name (without a schema: a map). */
function elementOf(encoding: FieldEncoding, value: unknown): Uint8Array | undefined {
  if (!encoding.untyped) return encoding.bytes(value);
  try {
    return encoding.bytes(value);
  } catch (error) {
    if (error instanceof InvalidQueryError) return undefined;
    throw error;
  }
}

function constraintTest(ast: QueryAst, constraint: Constraint, encoding: FieldEncoding): Test {
  const { field } = constraint;
  if (constraint.kind === "range") {
    const { pieces } = constraint;
    return (record) => {
      const element = elementOf(encoding, valueAt(ast.info, record, field));
      return element !== undefined && pieces.some((piece) => holds(piece, element));
    };
  }
  const { points } = constraint;
  return (record) => {
    const value = valueAt(ast.info, record, field);
    if (points.some((p) => p.value === value)) return true;
    if (typeof value === "boolean" || value === null) return false;
    const element = elementOf(encoding, value);
    if (element === undefined) return false;
    return points.some((p) => compareBytes(p.bytes, element) === 0);
  };
}

/** Whether a list has an item: every such condition by itself, for a list may have several. */
function itemTest(ast: QueryAst, field: string, value: unknown, encoding: FieldEncoding): Test {
  const wanted = encoding.bytes(value);
  return (record) => {
    const list = valueAt(ast.info, record, field);
    return Array.isArray(list) && list.some((item) => compareBytes(encoding.bytes(item), wanted) === 0);
  };
}

function unkeyedTest(ast: QueryAst, { field, op, value }: Condition): Test {
  const type = ast.info === undefined ? undefined : fieldOf(ast.info, field).type;
  const same = (a: unknown, b: unknown) =>
    a === null || b === null ? a === b : (type?.equal?.(a, b) ?? isDeepStrictEqual(a, b));
  const among = (values: readonly unknown[], one: unknown) => values.some((value) => same(one, value));
  const others = (values: readonly unknown[]): Test => {
    return (record) =>
      valueAt(ast.info, record, field) !== null && !among(values, valueAt(ast.info, record, field));
  };
  switch (op) {
    case "isNull":
      return (record) => (valueAt(ast.info, record, field) === null) === value;
    case "in":
      return (record) => among(value as unknown[], valueAt(ast.info, record, field));
    case "ne":
      return others([value]);
    case "notIn":
      return others(value as unknown[]);
    case "any": {
      const lists = (value as Alternatives).map((list) => list.map((one) => unkeyedTest(ast, one)));
      return (record) => lists.some((tests) => tests.every((test) => test(record)));
    }
    default:
      return (record) => same(valueAt(ast.info, record, field), value);
  }
}

/** One test for all of `conditions`. */
export function compileConditions(ast: QueryAst, conditions: readonly Condition[]): Test {
  const tests: Test[] = [];
  const encodings = (field: string) => encodingIn(ast, field);
  for (const constraint of foldConditions(conditions, encodings).values()) {
    if (isItems(ast.info, constraint.field)) continue;
    tests.push(constraintTest(ast, constraint, encodings(constraint.field)));
  }
  for (const [field, group] of groupByField(conditions)) {
    if (isItems(ast.info, field)) {
      for (const { value } of group) tests.push(itemTest(ast, field, value, encodings(field)));
    } else if (!encodings(field).keyed)
      for (const condition of group) tests.push(unkeyedTest(ast, condition));
  }
  return (record) => tests.every((test) => test(record));
}

/** One test for the conditions of a query and its alternatives. */
export function compileQuery(ast: QueryAst, where = ast.where, or = ast.or): Test {
  const all = compileConditions(ast, where);
  if (or.length === 0) return all;
  const groups = or.map((alternatives) => alternatives.map((list) => compileConditions(ast, list)));
  return (record) => all(record) && groups.every((tests) => tests.some((test) => test(record)));
}

const compiled = new WeakMap<QueryAst, Test>();

/** Whether a record satisfies every condition and `.filter` of the query; order, limit and cursor play no part. */
export function matches(ast: QueryAst, record: object): boolean {
  let test = compiled.get(ast);
  if (test === undefined) {
    test = compileQuery(ast);
    compiled.set(ast, test);
  }
  return (
    test(record as Readonly<Record<string, unknown>>) &&
    ast.filters.every((filter) => filter(record as never))
  );
}
