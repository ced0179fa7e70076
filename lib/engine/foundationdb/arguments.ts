/** Turns the port's arguments into ones that the native binding reads as they are meant. */

import { types } from "node:util";

const MAX_INT32 = 0x7fff_ffff;
const MIN_INT32 = -0x8000_0000;

/** The same bytes as a Buffer, which is all that the binding reads correctly. */
export function bytes(value: Uint8Array, what: "key" | "value"): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (!types.isUint8Array(value)) throw new TypeError(`A ${what} must be a Uint8Array.`);
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}

/**
 * An integer that the binding, which keeps 32 bits of it, reads as what it is. Larger ones become the largest: no
 * read reaches that many rows or bytes.
 */
export function int32(value: number, what: string): number {
  if (!Number.isInteger(value)) throw new TypeError(`${what} must be an integer, not ${String(value)}.`);
  return Math.max(MIN_INT32, Math.min(MAX_INT32, value));
}

/** A version as the binding takes it; one that has no 64-bit form is a version no store hands out. */
export function version(value: bigint): Buffer {
  if (typeof value !== "bigint") throw new TypeError("A version must be a bigint.");
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt.asIntN(64, value) === value ? value : -1n);
  return buffer;
}
