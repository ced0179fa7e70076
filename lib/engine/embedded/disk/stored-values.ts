/** Values between LMDB and the store: copied out of LMDB's buffer, and compared with their checksums. */

import type { Key } from "../../keys/index.js";
import { CHECKSUM, checksumOf, valueHash } from "./checksum.js";

/** Copies values out of the one buffer that LMDB hands out, into Node's pool. */
export class StoredValues {
  checksums = false;
  /** Of the value decoded last, for the caller that knows its key; reads of LMDB finish before they return. */
  private length = 0;
  private hash = 0;
  private checksum = 0;

  encode(value: Buffer): Buffer {
    return value;
  }

  decode(source: Buffer, size?: unknown): Buffer {
    const whole = typeof size === "number" ? size : source.length;
    if (!this.checksums) return copied(source, whole);
    const length = whole - CHECKSUM;
    this.length = length;
    if (length < 0) return Buffer.alloc(0);
    this.hash = valueHash(source, length);
    this.checksum = source[length]! | (source[length + 1]! << 8) | (source[length + 2]! << 16);
    this.checksum = (this.checksum | (source[length + 3]! << 24)) >>> 0;
    return copied(source, length);
  }

  /** Whether the value decoded last is what was written under `key`. */
  intact(key: Key): boolean {
    return this.length >= 0 && checksumOf(key, this.hash) === this.checksum;
  }
}

/** Up to here a loop beats a view of the bytes and the call that copies it. */
const SHORT = 48;

function copied(source: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  // LMDB narrows `source.length` itself, which Node's own `copy` trusts and then copies the whole of it.
  if (length > SHORT) out.set(new Uint8Array(source.buffer, source.byteOffset, length));
  else for (let i = 0; i < length; i++) out[i] = source[i]!;
  return out;
}
