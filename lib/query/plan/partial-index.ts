/** Decides whether a partial index serves a query, by comparing the conditions of the two. */

import { layoutOf, type StoredCondition } from "../../layer/index.js";
import { builtinType, findBuiltinType, type SchemaInfo, type StoredValue } from "../../schema/index.js";
import { type Constraint, foldConditions, impliesConstraint } from "../evaluate/index.js";
import type { Condition, QueryAst } from "../words/index.js";
import type { AccessPath } from "./access-path.js";
import { encodingsFor } from "./constraints-for.js";

/** The conditions of a partial index as they would stand in a query; `undefined` when a field is not known here. */
export function partialConditions(
  info: SchemaInfo | undefined,
  where: readonly StoredCondition[],
): readonly Condition[] | undefined {
  const conditions: Condition[] = [];
  for (const { field, stored, type, op, value } of where) {
    const name = info === undefined ? field : layoutOf(info).nameOf(stored);
    if (name === undefined) return undefined;
    const fieldType = findBuiltinType(type) ?? info?.field(name).type ?? builtinType(type);
    const load = (one: StoredValue) => (one === null ? null : fieldType.load(one));
    const loaded =
      op === "isNull" ? value : op === "in" ? (value as readonly StoredValue[]).map(load) : load(value);
    conditions.push({ field: name, op, value: loaded });
  }
  return conditions;
}

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
