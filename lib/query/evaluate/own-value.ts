/**
 * Reads a field of a row; null when it has no such value. What the row inherits ("constructor", in a query on a source
 * name) is no value of it.
 */

export const ownValue = (row: object, field: string): unknown =>
  Object.hasOwn(row, field) ? ((row as Record<string, unknown>)[field] ?? null) : null;
