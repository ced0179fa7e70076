/** Small helpers for keys as bytes: the empty value, prefixes, one more byte at the end, a key as text. */

export type Bytes = Uint8Array;

export const EMPTY: Bytes = new Uint8Array(0);

/** A key as a string, for Maps and Sets; keeps order and equality. */
export function keyText(key: Bytes): string {
  const buffer = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.length);
  return buffer.toString("latin1");
}

/** `key` followed by one more byte. */
export function withByte(key: Bytes, byte: number): Bytes {
  const longer = Buffer.allocUnsafe(key.length + 1);
  longer.set(key);
  longer[key.length] = byte;
  return longer;
}

function startsWith(key: Bytes, prefix: Bytes): boolean {
  if (key.length < prefix.length) return false;
  for (let i = prefix.length - 1; i >= 0; i--) if (key[i] !== prefix[i]) return false;
  return true;
}

/** Whether `key` is the tuple `packed` or goes on behind it; behind a string 0xFF would be part of a longer one. */
export function continuesTuple(key: Bytes, packed: Bytes): boolean {
  return startsWith(key, packed) && key[packed.length] !== 0xff;
}
