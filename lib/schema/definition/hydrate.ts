/** Makes a record of its class out of values, without running the constructor. */

import { defaultOf } from "./default-of.js";
import type { FieldInfo, SchemaInfo } from "./schema-info.js";

/**
 * A record with these values: the fields as own properties in their order, `null` where there is no value
 * (virtual fields start at their default).
 *
 * The class's constructor does not run, so that its field initialisers cannot overwrite what was read.
 */
export function hydrate<T extends object>(info: SchemaInfo<T>, values: Readonly<Record<string, unknown>>): T {
  const record = Object.create(info.schema.prototype as object) as Record<string, unknown>;
  const { fields } = info;
  for (let i = 0; i < fields.length; i++) {
    const { name } = fields[i] as FieldInfo;
    const value = values[name];
    record[name] = value === undefined ? null : value;
  }
  for (const field of info.virtualFields) {
    const value = values[field.name];
    record[field.name] = value === undefined ? defaultOf(field) : value;
  }
  return record as T;
}
