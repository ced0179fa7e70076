/** Gives a record that is to be written the values that a read of it will give.
 *
 * A number is without minus zero, bytes are of its own, decimals and json are as they are stored. So what a write
 * returns equals what is read; and row, index entries and log are of one moment, whatever becomes of the dates, bytes
 * and lists that were given.
 */

import { layoutOf } from "../../layer/index.js";
import { detached, type FieldInfo, type SchemaInfo } from "../../schema/index.js";
import type { Values } from "./values.js";

/** Types whose values are stored exactly as they are given; of the numbers, all but minus zero. */
const exact: ReadonlySet<string> = new Set(["id", "integer", "bigint", "boolean", "string", "binary_id"]);

const integers: ReadonlySet<string> = new Set(["id", "integer"]);

interface Inexact {
  readonly fields: readonly FieldInfo[];
  readonly integers: readonly FieldInfo[];
}

const inexact = new WeakMap<SchemaInfo, Inexact>();

function inexactFields(info: SchemaInfo): Inexact {
  let known = inexact.get(info);
  if (known === undefined) {
    known = {
      fields: info.fields.filter(({ type }) => !exact.has(type.name)),
      integers: info.fields.filter(({ type }) => integers.has(type.name)),
    };
    inexact.set(info, known);
  }
  return known;
}

/**
 * @param only the fields that are not read from the store, by name; absent: all
 * @throws InvalidValueError
 */
export function asStored(info: SchemaInfo, record: object, only?: Readonly<Values>): void {
  const values = record as Values;
  const pending = layoutOf(info).isPending(record);
  const inexact = inexactFields(info);
  for (const { name } of inexact.integers) if (values[name] === 0) values[name] = 0;
  for (const field of inexact.fields) {
    if (only !== undefined && !Object.hasOwn(only, field.name)) continue;
    if (pending && field === info.primaryKey) continue;
    const value = values[field.name];
    if (value === null) continue;
    const loaded = field.type.load(field.type.dump(value));
    // A type of the application may hand its values through.
    values[field.name] = loaded === value ? detached(loaded) : loaded;
  }
}
