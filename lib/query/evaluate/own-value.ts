/** Reads a field of a row; what the row inherits, such as "constructor", is no value of it. */

export const ownValue = (row: object, field: string): unknown =>
  Object.hasOwn(row, field) ? ((row as Record<string, unknown>)[field] ?? null) : null;
