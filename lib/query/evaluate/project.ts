/** Makes the row that a query returns out of a record: the record, some of its fields, or one value. */

import { getMeta, loadedKeyOf, type SchemaInfo, setMeta } from "../../schema/index.js";
import type { QueryAst, Selection } from "../words/index.js";
import { ownValue } from "./own-value.js";

export function project(ast: QueryAst, record: object): unknown {
  if (ast.select === undefined) return record;
  const { fields, names = fields, single } = ast.select;
  if (single) return ownValue(record, fields[0]!);
  if (ast.select.record === true) return partialRecord(ast.info!, ast.select, record);
  // Entries, not assignments: without a schema a field may be stored as "__proto__".
  if (ast.info === undefined) {
    return Object.fromEntries(fields.map((field, at) => [names[at], ownValue(record, field)]));
  }
  const values = record as Readonly<Record<string, unknown>>;
  const row: Record<string, unknown> = {};
  for (let at = 0; at < fields.length; at++) row[names[at]!] = values[fields[at]!] ?? null;
  return row;
}

/**
 * A record with these fields as its only own properties. What it was loaded with is not kept: a field that it does not
 * hold would look as if it had been emptied.
 */
function partialRecord(info: SchemaInfo, { fields }: Selection, record: object): object {
  const partial = Object.create(info.schema.prototype as object) as Record<string, unknown>;
  for (const field of fields) partial[field] = ownValue(record, field);
  const meta = getMeta(record);
  if (meta !== undefined) setMeta(partial, meta, undefined, loadedKeyOf(record));
  return partial;
}
