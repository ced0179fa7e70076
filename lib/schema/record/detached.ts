/** Copies what its holder could change in place: a date, bytes, or a list. Other values are handed through. */

export function detached(value: unknown): unknown {
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof Uint8Array) return new Uint8Array(value);
  return Array.isArray(value) ? value.map(detached) : value;
}
