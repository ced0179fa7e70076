import type { QueryAst } from "./ast.js";

/** The row that the query returns for a record: the record itself, chosen fields, or one field's plain value. */
export function project(ast: QueryAst, record: object): unknown {
  if (ast.select === undefined) return record;
  const { fields, single } = ast.select;
  const values = record as Readonly<Record<string, unknown>>;
  if (single) return values[fields[0]!] ?? null;
  const row: Record<string, unknown> = {};
  for (const field of fields) row[field] = values[field] ?? null;
  return row;
}
