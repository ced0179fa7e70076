/** Elements of a tuple that are floating-point numbers of a fixed width. */

import { TupleError } from "../errors.js";

export const CANONICAL_NAN_64 = 0x7ff8_0000_0000_0000n;
export const CANONICAL_NAN_32 = 0x7fc0_0000;

/** A float64 element, whatever its value; made by {@link double}. */
export class TupleDouble {
  /** The number. */
  readonly value: number;
  /** The exact bits of a NaN whose payload a JavaScript number may lose. */
  readonly bits: bigint | undefined;

  constructor(value: number, bits?: bigint) {
    this.value = value;
    this.bits = bits;
    Object.freeze(this);
  }

  /** The number, for arithmetic and comparisons. */
  valueOf(): number {
    return this.value;
  }
}

/** A float32 element; made by {@link float}. */
export class TupleFloat {
  /** The number, rounded to a float32. */
  readonly value: number;
  /** The exact bits of a NaN whose payload a JavaScript number may lose. */
  readonly bits: number | undefined;

  constructor(value: number, bits?: number) {
    this.value = Math.fround(value);
    this.bits = bits;
    Object.freeze(this);
  }

  /** The number, for arithmetic and comparisons. */
  valueOf(): number {
    return this.value;
  }
}

/**
 * Packs a number as a float64 even when it is integral, so that a column of measurements sorts as numbers.
 *
 * @example tenant.pack(["temperature", double(20)])
 * @throws TupleError when `value` is not a number
 */
export function double(value: number): TupleDouble {
  if (typeof value !== "number") throw new TupleError(`double() takes a number, not ${typeof value}.`);
  return new TupleDouble(value);
}

/**
 * Packs a number as a float32, rounding it to the nearest one.
 *
 * @example tenant.pack(["temperature", float(20.5)])
 * @throws TupleError when `value` is not a number
 */
export function float(value: number): TupleFloat {
  if (typeof value !== "number") throw new TupleError(`float() takes a number, not ${typeof value}.`);
  return new TupleFloat(value);
}
