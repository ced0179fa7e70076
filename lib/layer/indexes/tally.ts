/** The numbers that counters and sums keep: what a row adds to them, and what their bytes say. */

import { InvalidValueError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import type { Bytes } from "../keys/index.js";
import type { IndexKind } from "../metadata/index.js";

/** What one row adds to one number. */
export interface Tally {
  readonly key: Bytes;
  readonly amount: bigint;
}

/** A sum, and the number of values that it is the sum of. */
export interface Total {
  readonly count: number;
  readonly sum: bigint;
}

/** Bytes of a number: those of a sum hold the sum in the lower 16 and the number of values above. */
const widths = { counter: 8, sum: 24 } as const;
const SUM_BITS = 128;
const BITS_OF_WORD = 64n;

const widthOf = (kind: IndexKind): number => widths[kind as keyof typeof widths];

/** The number as the operand of an atomic addition: signed, little endian. */
export function tallyBytes(kind: IndexKind, amount: bigint): Bytes {
  const bytes = Buffer.alloc(widthOf(kind));
  let rest = amount;
  for (let at = 0; at < bytes.length; at += 8) {
    bytes.writeBigInt64LE(BigInt.asIntN(64, rest), at);
    rest >>= BITS_OF_WORD;
  }
  return bytes;
}

/** The number in a key of a counter or sum; absent is 0. */
export function tallyValue(kind: IndexKind, bytes: Bytes | undefined): bigint {
  const width = widthOf(kind);
  if (bytes === undefined || bytes.length < width) return 0n;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, width);
  let value = view.readBigInt64LE(width - 8);
  for (let at = width - 16; at >= 0; at -= 8) value = (value << BITS_OF_WORD) | view.readBigUInt64LE(at);
  return value;
}

/** What the number of a sum stands for. */
export function totalOf(value: bigint): Total {
  const sum = BigInt.asIntN(SUM_BITS, value);
  return { count: Number((value - sum) >> BigInt(SUM_BITS)), sum };
}

/** What a row with this value adds: the value, and one to the number of values; nothing for an empty one. */
export function amountOf(value: StoredValue): bigint | undefined {
  if (value === null) return undefined;
  const number = BigInt(value as number | bigint);
  if (BigInt.asIntN(64, number) !== number) {
    throw new InvalidValueError(
      `A sum adds whole numbers from -2^63 to below 2^63, and a value of the row is ${number}. Keep such values out of the ` +
        "field, or drop the sum.",
    );
  }
  return (1n << BigInt(SUM_BITS)) + number;
}
