/** Turns the id that `repo.get` takes into the items of the record's key. */

import { InvalidQueryError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";

// A literal of another realm (node:repl, node:vm) has another Object.prototype, which is a root as well.
const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) === null;
};

function valuesOf(info: SchemaInfo, id: unknown): readonly unknown[] {
  const names = info.keyFields.map(({ name }) => name);
  if (Array.isArray(id) && id.length === names.length) return id;
  if (isPlainObject(id) && Object.keys(id).length === names.length && names.every((name) => name in id))
    return names.map((name) => id[name]);
  throw new InvalidQueryError(
    `Records of ${info.name} are found by ${names.join(" and ")}: repo.get(${info.name}, [${names.join(", ")}]), ` +
      `or { ${names.map((name) => `${name}: …`).join(", ")} }.`,
  );
}

/**
 * @param id the primary key's value; of a partitioned schema, or of a composite key, all values in order or by name
 *
 * @throws InvalidQueryError, NoPrimaryKeyValueError, InvalidValueError
 */
export function keyOfId(info: SchemaInfo, id: unknown): TupleItem[] {
  const layout = layoutOf(info);
  return layout.keyOfValues(info.keyFields.length > 1 ? valuesOf(info, id) : [id]);
}
