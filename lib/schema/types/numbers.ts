/** The types of numbers: `integer`, `id`, `float` and `bigint`. */

import { double, TupleDouble, type TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { converted, invalid, ok, refuse } from "./outcome.js";

const integerText = /^[+-]?\d+$/;
const floatText = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
/** More digits than a process should be made to parse. */
const MAX_DIGITS = 4096;
/** The tuple layer holds integers of up to 255 bytes. */
const MAX_BIGINT_BITS = 255 * 8;

function compareNumbers<T extends number | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// -0 and 0 are one key, and one stored number.
const sameNumber = (a: number, b: number): boolean => a === b;

function castInteger(value: unknown): CastResult<number> {
  if (typeof value === "number") return Number.isSafeInteger(value) ? ok(value + 0) : invalid();
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? ok(number) : invalid();
  }
  if (typeof value !== "string" || value.length > MAX_DIGITS || !integerText.test(value)) return invalid();
  const number = Number(value);
  return Number.isSafeInteger(number) ? ok(number + 0) : invalid();
}

function toSafeInteger(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    const hint = typeof value === "number" && Number.isInteger(value) ? " (use the type bigint)" : "";
    return refuse(`an integer within 2^53${hint}`, value);
  }
  return value + 0;
}

function integerType(name: "integer" | "id"): FieldType<number> {
  return Object.freeze({
    name,
    cast: castInteger,
    dump: toSafeInteger,
    load: (stored: StoredValue) => converted(castInteger, "an integer", stored),
    equal: sameNumber,
    compare: compareNumbers<number>,
    toKey: toSafeInteger,
    fromKey: (item: TupleItem) => converted(castInteger, "an integer", item),
  });
}

/** `integer`: a `number` without fraction, within 2^53. */
export const integer = integerType("integer");
/** `id`: as `integer`, the usual type of numeric primary keys. */
export const id = integerType("id");

function toFinite(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) return refuse("a finite number", value);
  return value + 0;
}

function castFloat(value: unknown): CastResult<number> {
  if (typeof value === "string" && (value.length > MAX_DIGITS || !floatText.test(value))) return invalid();
  if (typeof value !== "number" && typeof value !== "string" && typeof value !== "bigint") return invalid();
  const number = Number(value);
  return Number.isFinite(number) ? ok(number + 0) : invalid();
}

/** `float`: a finite `number`; `-0` is kept as `0`, because both are one key. */
export const float: FieldType<number> = Object.freeze({
  name: "float",
  cast: castFloat,
  dump: toFinite,
  load: (stored: StoredValue) => converted(castFloat, "a number", stored),
  equal: sameNumber,
  compare: compareNumbers<number>,
  toKey: (value: number) => double(toFinite(value)),
  fromKey: (item: TupleItem) =>
    converted(castFloat, "a number", item instanceof TupleDouble ? item.value : item),
});

function toBigInt(value: unknown): bigint {
  if (typeof value !== "bigint") return refuse("a bigint", value);
  return value;
}

function castBigInt(value: unknown): CastResult<bigint> {
  if (typeof value === "bigint") return ok(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? ok(BigInt(value)) : invalid();
  if (typeof value !== "string" || value.length > MAX_DIGITS || !integerText.test(value)) return invalid();
  return ok(BigInt(value.startsWith("+") ? value.slice(1) : value));
}

/** `bigint`: an integer of any size; one in a key has at most 255 bytes. */
export const bigint: FieldType<bigint> = Object.freeze({
  name: "bigint",
  cast: castBigInt,
  dump: toBigInt,
  load: (stored: StoredValue) => converted(castBigInt, "an integer", stored),
  compare: compareNumbers<bigint>,
  toKey(value: bigint): TupleItem {
    const checked = toBigInt(value);
    if (
      BigInt.asUintN(MAX_BIGINT_BITS, checked < 0n ? -checked : checked) !==
      (checked < 0n ? -checked : checked)
    ) {
      return refuse("a bigint of at most 255 bytes in a key", value);
    }
    return checked;
  },
  fromKey: (item: TupleItem) => converted(castBigInt, "an integer", item),
});
