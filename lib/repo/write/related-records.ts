/** Finds the records that are given in place of a record's relations. */

import { InvalidOptionsError } from "../../errors.js";
import { getMeta, type SchemaInfo, showValue } from "../../schema/index.js";
import type { Values } from "../rows/index.js";

/** Whether the record was read from the store or written to it; else it is new. */
export const isStored = (record: object): boolean => getMeta(record)?.state === "loaded";

/** The records in the relations of `given`, and in theirs if they are new. @throws InvalidOptionsError for what is none */
export function relatedRecords(
  info: SchemaInfo,
  given: Readonly<Values>,
  known: Set<object> = new Set(),
): readonly object[] {
  for (const { name, kind, target } of info.associations) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined || value === null) continue;
    const rows: unknown = kind === "hasMany" ? value : [value];
    if (!Array.isArray(rows) || !rows.every((row) => typeof row === "object" && row !== null)) {
      const wanted = kind === "hasMany" ? "a list of related records" : "a related record";
      throw new InvalidOptionsError(`${info.name}.${name} takes ${wanted}, not ${showValue(value)}.`);
    }
    for (const row of rows as Values[]) {
      if (known.has(row)) continue;
      known.add(row);
      if (!isStored(row)) relatedRecords(target(), row, known);
    }
  }
  return [...known];
}
