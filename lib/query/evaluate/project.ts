/** Makes the row that a query returns out of a record: the record, some of its fields, or one value. */

import type { QueryAst } from "../words/index.js";
import { ownValue } from "./own-value.js";

export function project(ast: QueryAst, record: object): unknown {
  if (ast.select === undefined) return record;
  const { fields, single } = ast.select;
  if (ast.info === undefined) return projectPlain(fields, single, record);
  const values = record as Readonly<Record<string, unknown>>;
  if (single) return values[fields[0]!] ?? null;
  const row: Record<string, unknown> = {};
  for (const field of fields) row[field] = values[field] ?? null;
  return row;
}

/** Without a schema any name can be asked for, "__proto__" and "constructor" too: own values only, as own properties. */
function projectPlain(fields: readonly string[], single: boolean, record: object): unknown {
  if (single) return ownValue(record, fields[0]!);
  return Object.fromEntries(fields.map((field) => [field, ownValue(record, field)]));
}
