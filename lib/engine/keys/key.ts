/** Keys as the embedded engine holds them, and the limits of their lengths and of the key space. */

import { types } from "node:util";

/**
 * Inside the embedded engine a key is a one-byte ("latin1") string: hashing, equality and order are V8's own and
 * equal to byte order, several times faster than comparing buffers across the native boundary.
 */
export type Key = string;

/** Ordinary keys sort before it; reads stop here without system access. */
export const MAX_KEY: Key = "\xff";
/** Reads stop here with system access. */
export const MAX_SYSTEM_KEY: Key = "\xff\xff";
export const METADATA_VERSION_KEY: Key = "\xff/metadataVersion";

/** After every key there is. */
export const AFTER_ALL: Key = "\xff\xff\xff";

/** Bytes that LMDB takes with 8 KiB pages (4,026), less the byte that lets the empty key exist. */
export const MAX_STORED_KEY = 4025;
export const MAX_KEY_BYTES = 10_000;
export const MAX_SYSTEM_KEY_BYTES = 30_000;

const latin1Slice = Buffer.prototype.latin1Slice as (this: Uint8Array, start: number, end: number) => string;

export function toKey(bytes: Uint8Array): Key {
  if (!types.isUint8Array(bytes)) throw new TypeError("A key must be a Uint8Array.");
  return latin1Slice.call(bytes, 0, bytes.length);
}

/** Up to here a loop beats the call that encodes. */
const SHORT = 32;

export function toBytes(key: Key): Buffer {
  const { length } = key;
  if (length > SHORT) return Buffer.from(key, "latin1");
  const bytes = Buffer.allocUnsafe(length);
  for (let i = 0; i < length; i++) bytes[i] = key.charCodeAt(i);
  return bytes;
}

/** Whether `key` sorts before the bytes of another (negative), after them (positive), or is the same (0). */
export function compareKey(key: Key, bytes: Uint8Array): number {
  const { length } = bytes;
  const common = Math.min(key.length, length);
  for (let i = 0; i < common; i++) {
    const order = key.charCodeAt(i) - bytes[i]!;
    if (order !== 0) return order;
  }
  return key.length - length;
}

/** The longest key that a read or clear distinguishes from longer ones, by FoundationDB's rule. */
export function readKeyLimit(key: Key): number {
  return key.startsWith("\xff") ? MAX_SYSTEM_KEY_BYTES : MAX_KEY_BYTES + 28;
}

/** No key over the limit can exist, so a longer bound means the same as its first `limit + 1` bytes. */
export function boundKey(key: Key): Key {
  const limit = readKeyLimit(key);
  return key.length > limit ? key.slice(0, limit + 1) : key;
}
