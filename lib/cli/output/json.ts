/** Writes any result as one line of JSON. */

/** JSON on one line; bigint as text, bytes as base64, maps as objects. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return item.toString();
    if (item instanceof Map) return Object.fromEntries(item) as unknown;
    if (isSerialisedBuffer(item)) return Buffer.from(item.data).toString("base64");
    if (item instanceof Uint8Array) return Buffer.from(item).toString("base64");
    return item;
  });
}

/** `Buffer.toJSON` runs before any replacer. */
function isSerialisedBuffer(item: unknown): item is { readonly data: readonly number[] } {
  return (
    typeof item === "object" &&
    item !== null &&
    (item as { type?: unknown }).type === "Buffer" &&
    Array.isArray((item as { data?: unknown }).data) &&
    Object.keys(item).length === 2
  );
}
