/** The checksum that every value carries in the data file, over itself and its key. */

import { endianness } from "node:os";
import type { Key } from "../../keys/index.js";

/** Bytes of the checksum, behind the value. */
export const CHECKSUM = 4;

const LITTLE_ENDIAN = endianness() === "LE";
/** Views of the buffers that values were read in lately: LMDB reads nearly all into one. */
let words: Int32Array = new Int32Array(0);

/** The first steps of MurmurHash3: no change of one word, of a value or of a key, goes unnoticed. */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** The part that the value has in the checksum: of `length` bytes from `start`. */
export function valueHash(bytes: Uint8Array, length: number): number {
  let hash = length | 0;
  let at = 0;
  const whole = length & ~3;
  if (LITTLE_ENDIAN && (bytes.byteOffset & 3) === 0) {
    if (words.buffer !== bytes.buffer) words = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
    const from = bytes.byteOffset >> 2;
    const to = from + (whole >> 2);
    for (let i = from; i < to; i++) hash = mix(hash, words[i]!);
    at = whole;
  } else {
    for (; at < whole; at += 4)
      hash = mix(hash, bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
  }
  for (; at < length; at++) hash = mix(hash, bytes[at]!);
  return hash;
}

/** The checksum of a row whose value has the hash `value`. */
export function checksumOf(key: Key, value: number): number {
  const { length } = key;
  const whole = length & ~3;
  let hash = value;
  let at = 0;
  for (; at < whole; at += 4)
    hash = mix(
      hash,
      key.charCodeAt(at) |
        (key.charCodeAt(at + 1) << 8) |
        (key.charCodeAt(at + 2) << 16) |
        (key.charCodeAt(at + 3) << 24),
    );
  for (; at < length; at++) hash = mix(hash, key.charCodeAt(at));
  return mix(hash, length) >>> 0;
}

/** The value as it stands in the file, with its checksum. */
export function sealed(key: Key, value: Uint8Array): Buffer {
  const { length } = value;
  const bytes = Buffer.allocUnsafe(length + CHECKSUM);
  bytes.set(value);
  bytes.writeUInt32LE(checksumOf(key, valueHash(bytes, length)), length);
  return bytes;
}
