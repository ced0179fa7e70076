/** Copies and compares values, so that no buffer is shared with the application. */

import { types } from "node:util";

export const MAX_VALUE_BYTES = 100_000;

export function copyValue(value: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(value.length);
  copy.set(value);
  return copy;
}

/** What the engine keeps for seconds shares pieces of memory, which cost more to get than to fill. */
const SLAB = 1 << 16;
let slab = Buffer.allocUnsafeSlow(SLAB);
let used = 0;

/** Room for what nobody outside gets, and nothing keeps for longer than transactions live. */
export function room(bytes: number): Buffer {
  if (bytes > SLAB / 4) return Buffer.allocUnsafeSlow(bytes);
  if (used + bytes > SLAB) {
    slab = Buffer.allocUnsafeSlow(SLAB);
    used = 0;
  }
  used += bytes;
  return slab.subarray(used - bytes, used);
}

/** A copy of what the application has given, for the time that {@link room} is for. */
export function ownValue(value: Uint8Array): Buffer {
  if (!types.isUint8Array(value)) throw new TypeError("A value must be a Uint8Array.");
  const copy = room(value.length);
  copy.set(value);
  return copy;
}

export function sameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return Buffer.compare(a, b) === 0;
}

/** Keys and values of up to so many bytes that are read of a file stand one behind the other in memory. */
export const MAX_JOINED = 2048;
