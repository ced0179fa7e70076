/** Gives a field of a new record its first value. */

import { copyOfMoment, isDate } from "../types/index.js";
import type { FieldInfo } from "./schema-info.js";

/** The value of a field in a new record: its default, `null` when it has none. */
export function defaultOf(field: FieldInfo): unknown {
  const value: unknown = typeof field.default === "function" ? field.default() : field.default;
  if (value === undefined) return null;
  // A default written as a value belongs to every record; one record's change must not reach the others.
  return isDate(value)
    ? copyOfMoment(value)
    : typeof field.default === "object"
      ? structuredClone(value)
      : value;
}
