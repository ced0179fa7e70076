/** The checksum that every value carries in the data file, over itself and its key. */

import { endianness } from "node:os";
import type { Key } from "../../keys/index.js";

/** Bytes of the checksum, behind the value. */
export const CHECKSUM = 4;

const LITTLE_ENDIAN = endianness() === "LE";
/** What was read in last, and a view of it: LMDB reads nearly all values into one buffer, which is dear to ask for its own. */
let viewed: Uint8Array | undefined;
let viewedWords: Int32Array = new Int32Array(0);

/** The first steps of MurmurHash3: no change of one word, of a value or of a key, goes unnoticed. */
function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** The part that the value has in the checksum: of the first `length` bytes. */
export function valueHash(bytes: Uint8Array, length: number): number {
  const whole = length & ~3;
  let hash = isAligned(bytes)
    ? wordsHash(wordsOf(bytes), bytes.byteOffset >> 2, length)
    : bytesHash(bytes, length);
  for (let at = whole; at < length; at++) hash = mix(hash, bytes[at]!);
  return hash;
}

const isAligned = (bytes: Uint8Array): boolean => LITTLE_ENDIAN && (bytes.byteOffset & 3) === 0;

/** Bytes, as words too, and as what both are views of: to ask a view for that is dear. */
export interface Slab {
  readonly memory: ArrayBufferLike;
  readonly bytes: Buffer;
  readonly words: Int32Array;
}

/** Of a multiple of four bytes that nobody else has. */
export function newSlab(length: number): Slab {
  const bytes = Buffer.allocUnsafeSlow(length);
  return { memory: bytes.buffer, bytes, words: new Int32Array(bytes.buffer) };
}

/** `valueHash` of bytes that stand at `at`, a multiple of four, in `slab`. */
export function slabHash({ bytes, words }: Slab, at: number, length: number): number {
  if (!LITTLE_ENDIAN) return valueHash(bytes.subarray(at), length);
  let hash = wordsHash(words, at >> 2, length);
  for (let i = at + (length & ~3); i < at + length; i++) hash = mix(hash, bytes[i]!);
  return hash;
}

/** `valueHash`, with a copy of the bytes to `at`, a multiple of four, in `slab`: each word is read once for both. */
export function copiedHash(bytes: Uint8Array, length: number, slab: Slab, at: number): number {
  const to = slab.bytes;
  if (!isAligned(bytes)) {
    for (let i = 0; i < length; i++) to[at + i] = bytes[i]!;
    return valueHash(bytes, length);
  }
  let hash = wordsCopied(bytes, length, slab.words, at >> 2);
  for (let i = length & ~3; i < length; i++) {
    const byte = bytes[i]!;
    to[at + i] = byte;
    hash = mix(hash, byte);
  }
  return hash;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  if (viewed === bytes) return viewedWords;
  viewed = bytes;
  if (viewedWords.buffer !== bytes.buffer)
    viewedWords = new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2);
  return viewedWords;
}

/** `wordsHash`, with a copy. */
function wordsCopied(bytes: Uint8Array, length: number, into: Int32Array, at: number): number {
  const from = wordsOf(bytes);
  let i = bytes.byteOffset >> 2;
  let o = at;
  const to = i + (length >> 2);
  let a = length | 0;
  let b = 1;
  let c = 2;
  let d = 3;
  for (; i + 4 <= to; i += 4, o += 4) {
    const p = from[i]!;
    const q = from[i + 1]!;
    const r = from[i + 2]!;
    const s = from[i + 3]!;
    into[o] = p;
    into[o + 1] = q;
    into[o + 2] = r;
    into[o + 3] = s;
    a = mix(a, p);
    b = mix(b, q);
    c = mix(c, r);
    d = mix(d, s);
  }
  for (; i < to; i++, o++) {
    const word = from[i]!;
    into[o] = word;
    a = mix(a, word);
  }
  return mix(mix(mix(a, b), c), d);
}

/** Of the whole words. Four lanes, which the processor works on at once; each word changes its lane, each lane the sum. */
function wordsHash(words: Int32Array, from: number, length: number): number {
  let i = from;
  const to = i + (length >> 2);
  let a = length | 0;
  let b = 1;
  let c = 2;
  let d = 3;
  for (; i + 4 <= to; i += 4) {
    a = mix(a, words[i]!);
    b = mix(b, words[i + 1]!);
    c = mix(c, words[i + 2]!);
    d = mix(d, words[i + 3]!);
  }
  for (; i < to; i++) a = mix(a, words[i]!);
  return mix(mix(mix(a, b), c), d);
}

/** The same, of bytes that no words can be read from. */
function bytesHash(bytes: Uint8Array, length: number): number {
  const word = (at: number): number =>
    bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  const whole = length & ~3;
  let at = 0;
  let a = length | 0;
  let b = 1;
  let c = 2;
  let d = 3;
  for (; at + 16 <= whole; at += 16) {
    a = mix(a, word(at));
    b = mix(b, word(at + 4));
    c = mix(c, word(at + 8));
    d = mix(d, word(at + 12));
  }
  for (; at < whole; at += 4) a = mix(a, word(at));
  return mix(mix(mix(a, b), c), d);
}

/** `checksumOf` a key that stands at `at`, a multiple of four, in `slab`. */
export function checksumAt({ bytes, words }: Slab, at: number, length: number, value: number): number {
  if (!LITTLE_ENDIAN) return checksumOf(bytes.toString("latin1", at, at + length), value);
  const whole = at + (length & ~3);
  let hash = value;
  for (let i = at >> 2; i < whole >> 2; i++) hash = mix(hash, words[i]!);
  for (let i = whole; i < at + length; i++) hash = mix(hash, bytes[i]!);
  return mix(hash, length) >>> 0;
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
