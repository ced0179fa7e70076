/** Checks CBOR before the CBOR library decodes it, which believes lengths and allocates what they say. */

import { RecordCorruptError } from "../../errors.js";

/** Deeper than anything that is written: decoding goes down by recursion. */
const MAX_DEPTH = 512;
/** Big integers; no other tag is written, and the library makes dates, sets and errors of some. */
const POSITIVE_BIGNUM = 2;
const NEGATIVE_BIGNUM = 3;

const damaged = (what: string): RecordCorruptError =>
  new RecordCorruptError(
    `A stored value is damaged, or was written by something else: its CBOR ${what}. Find what is affected with: plinth check`,
  );

/** Throws `RecordCorruptError` unless the bytes are one whole item of the kinds that Plinth writes. */
export function checkCbor(bytes: Uint8Array): void {
  const { length } = bytes;
  /** Items that are still to come, on every level. */
  const open: number[] = [1];
  let depth = 0;
  let at = 0;
  while (depth >= 0) {
    if (open[depth] === 0) {
      depth--;
      continue;
    }
    open[depth] = open[depth]! - 1;
    if (at >= length) throw damaged("ends too early");
    const first = bytes[at++]!;
    const major = first >> 5;
    const low = first & 0x1f;
    if (low > 27) throw damaged("has an item without a length");
    let value = low;
    if (low >= 24) {
      const width = 1 << (low - 24);
      if (at + width > length) throw damaged("ends too early");
      value = 0;
      for (let i = 0; i < width; i++) value = value * 256 + bytes[at + i]!;
      at += width;
    }
    if (major === 2 || major === 3) {
      if (value > length - at) throw damaged("has a length that goes beyond it");
      at += value;
    } else if (major === 4 || major === 5) {
      const items = major === 4 ? value : value * 2;
      // Every item takes a byte at least.
      if (items > length - at) throw damaged("has a length that goes beyond it");
      if (++depth > MAX_DEPTH) throw damaged("is nested too deep");
      open[depth] = items;
    } else if (major === 6) {
      if (value !== POSITIVE_BIGNUM && value !== NEGATIVE_BIGNUM)
        throw damaged("has a value of an unknown kind");
      if (at >= length || bytes[at]! >> 5 !== 2) throw damaged("has a big integer without digits");
      open[depth] = open[depth]! + 1;
    } else if (major === 7 && (low < 20 || low === 24)) throw damaged("has a value of an unknown kind");
  }
  if (at !== length) throw damaged("goes on behind its end");
}
