/** Translates the conditions of a query into the tests that the matcher finds it by. */

import type { QueryAst } from "../../query/index.js";
import { encodingOf, foldConditions } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { FieldTest, Tests } from "./matcher.js";
import { latin1 } from "./row-key.js";

/** Conditions on fields that cannot stand in keys are left out. */
export function testsOf(ast: QueryAst, info: SchemaInfo): Tests {
  const tests = new Map<string, FieldTest>();
  for (const constraint of foldConditions(ast.where, (field) => encodingOf(info, field)).values()) {
    tests.set(
      constraint.field,
      constraint.kind === "points"
        ? { kind: "points", points: constraint.points.map((point) => latin1(point.bytes)) }
        : { kind: "range", low: latin1(constraint.begin), high: latin1(constraint.end) },
    );
  }
  return tests;
}
