/** Copies and compares values, so that no buffer is shared with the application. */

import { types } from "node:util";

export const MAX_VALUE_BYTES = 100_000;

export function copyValue(value: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(value.length);
  copy.set(value);
  return copy;
}

export function ownValue(value: Uint8Array): Buffer {
  if (!types.isUint8Array(value)) throw new TypeError("A value must be a Uint8Array.");
  return copyValue(value);
}

export function sameValue(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  return Buffer.compare(a, b) === 0;
}

/** Keys and values of up to so many bytes that are read of a file stand one behind the other in memory. */
export const MAX_JOINED = 2048;
