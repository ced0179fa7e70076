/** Compares and joins byte strings, and finds the keys next to them. */

/**
 * Order of two byte strings: negative, zero or positive.
 *
 * @example [tenant.pack(["b"]), tenant.pack(["a"])].sort(compareBytes);
 */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** The bytes of all parts, one after the other, in a copy. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** The key that follows `key` directly: `key` with a zero byte after it. */
export function keyAfter(key: Uint8Array): Uint8Array {
  const next = Buffer.allocUnsafe(key.length + 1);
  next.set(key);
  next[key.length] = 0;
  return next;
}

/**
 * The first key that does not start with `prefix` and sorts after it (FoundationDB's `strinc`).
 *
 * @example strinc(Buffer.from("ab")); // "ac"
 * @throws RangeError for a prefix of only 0xFF bytes
 */
export function strinc(prefix: Uint8Array): Uint8Array {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  if (end === 0) throw new RangeError("A prefix of only 0xFF bytes has no end key.");
  const next = Buffer.from(prefix.subarray(0, end));
  next[end - 1] = next[end - 1]! + 1;
  return next;
}
