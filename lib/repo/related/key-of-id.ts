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

function partitioned(info: SchemaInfo, id: unknown): readonly unknown[] {
  const partition = info.partitionBy!.name;
  const own = info.primaryKey.name;
  if (Array.isArray(id) && id.length === 2) return id;
  if (isPlainObject(id) && Object.keys(id).length === 2 && partition in id && own in id)
    return [id[partition], id[own]];
  throw new InvalidQueryError(
    `Records of ${info.name} are found by ${partition} and ${own}: repo.get(${info.name}, [${partition}, ${own}]), ` +
      `or { ${partition}: …, ${own}: … }.`,
  );
}

/**
 * @param id the primary key's value; of a partitioned schema, partition and value
 *
 * @throws InvalidQueryError, NoPrimaryKeyValueError, InvalidValueError
 */
export function keyOfId(info: SchemaInfo, id: unknown): TupleItem[] {
  const layout = layoutOf(info);
  if (info.partitionBy !== undefined) return layout.keyOfValues(partitioned(info, id));
  return layout.keyOfValues([id]);
}
