import { isDeepStrictEqual } from "node:util";
import { compareBytes } from "../engine/bytes.js";
import type { Condition, QueryAst } from "./ast.js";
import { type Constraint, foldConditions, groupByField } from "./constraint.js";
import { encodingOf, type FieldEncoding, untypedEncoding } from "./encoding.js";

type Test = (record: Readonly<Record<string, unknown>>) => boolean;

export const encodingIn = (ast: QueryAst, field: string): FieldEncoding =>
  ast.info === undefined ? untypedEncoding(ast.source, field) : encodingOf(ast.info, field);

function constraintTest(constraint: Constraint, encoding: FieldEncoding): Test {
  const { field } = constraint;
  if (constraint.kind === "range") {
    const { begin, end } = constraint;
    return (record) => {
      const element = encoding.bytes(record[field] ?? null);
      return compareBytes(element, begin) >= 0 && compareBytes(element, end) < 0;
    };
  }
  const { points } = constraint;
  return (record) => {
    const value = record[field] ?? null;
    if (points.some((p) => p.value === value)) return true;
    if (typeof value === "boolean" || value === null) return false;
    const element = encoding.bytes(value);
    return points.some((p) => compareBytes(p.bytes, element) === 0);
  };
}

function unkeyedTest(ast: QueryAst, { field, op, value }: Condition): Test {
  const type = ast.info?.field(field).type;
  const same = (a: unknown, b: unknown) =>
    a === null || b === null ? a === b : (type?.equal?.(a, b) ?? isDeepStrictEqual(a, b));
  if (op === "isNull") return (record) => ((record[field] ?? null) === null) === value;
  if (op === "in") return (record) => (value as unknown[]).some((v) => same(record[field] ?? null, v));
  return (record) => same(record[field] ?? null, value);
}

/** One test for all of `conditions`. */
export function compileConditions(ast: QueryAst, conditions: readonly Condition[]): Test {
  const tests: Test[] = [];
  const encodings = (field: string) => encodingIn(ast, field);
  for (const constraint of foldConditions(conditions, encodings).values()) {
    tests.push(constraintTest(constraint, encodings(constraint.field)));
  }
  for (const [field, group] of groupByField(conditions)) {
    if (!encodings(field).keyed) for (const condition of group) tests.push(unkeyedTest(ast, condition));
  }
  return (record) => tests.every((test) => test(record));
}

const compiled = new WeakMap<QueryAst, Test>();

/** Whether a record satisfies every condition and `.filter` of the query; order, limit and cursor play no part. */
export function matches(ast: QueryAst, record: object): boolean {
  let test = compiled.get(ast);
  if (test === undefined) {
    test = compileConditions(ast, ast.where);
    compiled.set(ast, test);
  }
  return (
    test(record as Readonly<Record<string, unknown>>) &&
    ast.filters.every((filter) => filter(record as never))
  );
}
