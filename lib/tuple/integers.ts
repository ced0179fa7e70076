/** Writes and reads the integers in packed tuples. */

import { TupleError } from "../errors.js";
import { TypeCode } from "./type-code.js";

/** The part of the writer that integers need. */
interface Target {
  buffer: Buffer;
  at: number;
  need(bytes: number): void;
}

/** From here on an integer carries its own length. */
const BIG = (1n << 64n) - 1n;
const MAX_BYTES = 255;

/** Writes a safe integer and returns the position after it. */
export function writeSafeInteger(target: Target, value: number): number {
  target.need(9);
  const { buffer } = target;
  let at = target.at;
  if (value === 0) {
    buffer[at++] = TypeCode.zero;
    return at;
  }
  const magnitude = value < 0 ? -value : value;
  let bytes = 1;
  for (let bound = 256; magnitude >= bound; bound *= 256) bytes++;
  // A negative integer is written as the one's complement of its magnitude.
  const flip = value < 0 ? 0xff : 0;
  buffer[at] = value < 0 ? TypeCode.zero - bytes : TypeCode.zero + bytes;
  let high = Math.floor(magnitude / 0x1_0000_0000);
  let low = magnitude >>> 0;
  for (let i = bytes; i > 0; i--) {
    buffer[at + i] = (low & 0xff) ^ flip;
    low = (low >>> 8) | ((high & 0xff) << 24);
    high >>>= 8;
  }
  return at + bytes + 1;
}

/** Writes an integer of any size and returns the position after it. */
export function writeBigInt(target: Target, value: bigint): number {
  if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return writeSafeInteger(target, Number(value));
  }
  const negative = value < 0n;
  const magnitude = negative ? -value : value;
  const hex = magnitude.toString(16);
  const bytes = (hex.length + 1) >> 1;
  if (bytes > MAX_BYTES) {
    throw new TupleError(`An integer of ${bytes} bytes cannot be part of a tuple (${MAX_BYTES} at most).`);
  }
  target.need(bytes + 2);
  const { buffer } = target;
  let at = target.at;
  const flip = negative ? 0xff : 0;
  // The official (Python) binding writes 2^64-1 itself in the long form; the others differ in that one number.
  if (magnitude >= BIG) {
    buffer[at++] = negative ? TypeCode.negativeBig : TypeCode.positiveBig;
    buffer[at++] = bytes ^ flip;
  } else buffer[at++] = negative ? TypeCode.zero - bytes : TypeCode.zero + bytes;
  buffer.write(hex.padStart(bytes * 2, "0"), at, "hex");
  if (negative) for (let i = at; i < at + bytes; i++) buffer[i] = ~(buffer[i] as number);
  return at + bytes;
}

/** Reads `bytes` bytes of magnitude; a `number` when it is safe, else a `bigint`. */
export function readInteger(source: Buffer, at: number, bytes: number, negative: boolean): number | bigint {
  const flip = negative ? 0xff : 0;
  if (bytes <= 6) {
    let value = 0;
    for (let i = at; i < at + bytes; i++) value = value * 256 + ((source[i] as number) ^ flip);
    return negative ? 0 - value : value;
  }
  let digits = source.subarray(at, at + bytes);
  if (negative) digits = Buffer.from(digits).map((byte) => ~byte) as Buffer;
  const magnitude = BigInt(`0x${digits.toString("hex")}`);
  const value = negative ? -magnitude : magnitude;
  return magnitude <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
