/** What the elements of a tuple can be. */

import type { TupleDouble, TupleFloat } from "./floats.js";
import type { TupleUuid } from "./uuid.js";
import type { Versionstamp } from "./versionstamp.js";

/**
 * What a tuple can hold.
 *
 * A plain `number` is an integer when it is a safe one; every other number (fractions, `-0`, `NaN`, infinities) is
 * a float64. Integers beyond 2^53 are `bigint`; `double` and `float` fix the width of a number.
 */
export type TupleItem =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | TupleFloat
  | TupleDouble
  | TupleUuid
  | Versionstamp
  | readonly TupleItem[];
