/** Keys of rows as text, for comparing those of rows that were decoded at different times. */

export function idText(id: unknown): string {
  if (id instanceof Uint8Array) return `x${Buffer.from(id).toString("hex")}`;
  if (Array.isArray(id)) return `a${JSON.stringify(id.map(idText))}`;
  if (id instanceof Date) return `d${id.getTime()}`;
  return `${typeof id}:${String(id)}`;
}
