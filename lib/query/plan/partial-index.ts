import { layoutOf, type StoredCondition } from "../../layer/index.js";
import { builtinType, findBuiltinType, type SchemaInfo, type StoredValue } from "../../schema/index.js";
import type { Condition } from "../words/index.js";

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
