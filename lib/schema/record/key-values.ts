/** Reads the values of a key, of one field or several, from the record that has it or from one that holds it. */

import type { SchemaInfo } from "../definition/index.js";
import { equalValues } from "../types/index.js";

type Values = Readonly<Record<string, unknown>>;

/** In the order of the fields; null when one of them is empty, which is the key of no record. */
export function keyValues(record: Values, fields: readonly string[]): readonly unknown[] | null {
  const values = fields.map((name) => record[name] ?? null);
  return values.includes(null) ? null : values;
}

/** Whether a record holds this key in these fields; null: whether it holds none. */
export function holdsKey(
  info: SchemaInfo,
  foreignKeys: readonly string[],
  record: Values,
  key: readonly unknown[] | null,
): boolean {
  const held = keyValues(record, foreignKeys);
  if (held === null || key === null) return held === key;
  return foreignKeys.every((name, at) => equalValues(info.field(name).type, held[at], key[at]));
}
