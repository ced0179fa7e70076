/** Keys of the chunks of a long record, made from the record's own key without packing it again. */

import { type Bytes, withByte } from "./bytes.js";

/** All chunk keys of a record: its key followed by a packed integer. No other record's key lies in between. */
export function chunkRange(dataKey: Bytes): { readonly begin: Bytes; readonly end: Bytes } {
  return { begin: withByte(dataKey, 0x14), end: withByte(dataKey, 0x1d) };
}

/** Where reading goes on after a record, its chunks included. */
export function afterRow(dataKey: Bytes): Bytes {
  return withByte(dataKey, 0x1d);
}

/** The key of chunk n: `pack([...pk, n])` without packing the primary key again. */
export function chunkKey(dataKey: Bytes, n: number): Bytes {
  if (n === 0) return withByte(dataKey, 0x14);
  const width = n < 0x100 ? 1 : n < 0x10000 ? 2 : 3;
  const key = Buffer.allocUnsafe(dataKey.length + 1 + width);
  key.set(dataKey);
  key[dataKey.length] = 0x14 + width;
  key.writeUIntBE(n, dataKey.length + 1, width);
  return key;
}
