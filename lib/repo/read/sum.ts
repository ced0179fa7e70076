/** Adds up the values of a field: numbers, bigints or decimals, exactly where their type is exact. */

import { InvalidQueryError } from "../../errors.js";

/** A decimal as an integer and the digits behind its point. */
function parseDecimal(text: string, where: string): { readonly units: bigint; readonly scale: number } {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw notANumber(where, text);
  const [, sign, whole = "0", fraction = ""] = match;
  const units = BigInt(whole + fraction);
  return { units: sign === "-" ? -units : units, scale: fraction.length };
}

function notANumber(where: string, value: unknown): InvalidQueryError {
  return new InvalidQueryError(
    `${where} holds ${JSON.stringify(String(value))}, which cannot be added; sum and avg take numbers and decimals.`,
  );
}

function formatDecimal(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return units < 0n ? `-${text}` : text;
}

function addDecimals(values: readonly string[], where: string): string {
  const parts = values.map((value) => parseDecimal(value, where));
  const scale = parts.reduce((most, part) => Math.max(most, part.scale), 0);
  const units = parts.reduce((sum, part) => sum + part.units * 10n ** BigInt(scale - part.scale), 0n);
  return formatDecimal(units, scale);
}

/** @throws InvalidQueryError for what is no number */
function addNumbers(values: readonly unknown[], where: string): number {
  let sum = 0;
  for (const value of values) {
    if (typeof value !== "number") throw notANumber(where, value);
    sum += value;
  }
  return sum;
}

/** The sum of whole numbers, exact. @throws InvalidQueryError when no number holds it */
function addWhole(values: readonly number[], where: string): number {
  return wholeSum(
    values.reduce((total, value) => total + BigInt(value), 0n),
    where,
  );
}

/** A sum as a number. @throws InvalidQueryError when no number holds it */
export function wholeSum(total: bigint, where: string): number {
  const sum = Number(total);
  if (Number.isSafeInteger(sum)) return sum;
  throw new InvalidQueryError(
    `The sum of ${where} is beyond 2^53, from where on numbers are not exact. Declare the field as bigint, or add up ` +
      "the rows of repo.stream in a bigint.",
  );
}

const isAll = <T>(values: readonly unknown[], test: (value: unknown) => value is T): values is readonly T[] =>
  values.every(test);
const isBigInt = (value: unknown): value is bigint => typeof value === "bigint";
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isText = (value: unknown): value is string => typeof value === "string";

/**
 * The sum in the values' own type: number, bigint or decimal text, exact for the latter two; `null` of none.
 *
 * @param exact whole numbers are to be added exactly
 * @throws InvalidQueryError for what is no number, and for whole numbers whose sum is beyond 2^53
 */
export function sumOf(
  values: readonly unknown[],
  where: string,
  exact: boolean,
): number | bigint | string | null {
  if (values.length === 0) return null;
  if (isAll(values, isBigInt)) return values.reduce((sum, value) => sum + value, 0n);
  if (isAll(values, isText)) return addDecimals(values, where);
  return exact && isAll(values, isWhole) ? addWhole(values, where) : addNumbers(values, where);
}

/** Digits of a quotient, which are more than a number holds. */
const QUOTIENT_DIGITS = 30;

/** The number nearest to `units / (10 ** scale * count)`. */
function quotient(units: bigint, scale: number, count: number): number {
  const sign = units < 0n ? -1n : 1n;
  const size = units * sign;
  const divisor = BigInt(count);
  const shift = Math.max(0, QUOTIENT_DIGITS + String(count).length - size.toString().length);
  const scaled = size * 10n ** BigInt(shift);
  // A last digit that says that there is more keeps the number from being rounded to even by mistake.
  const more = scaled % divisor === 0n ? "0" : "1";
  return Number(`${(scaled / divisor) * sign}${more}e${-shift - scale - 1}`);
}

/** The number nearest to the mean of whole numbers. */
export const meanOf = (sum: bigint, count: number): number => quotient(sum, 0, count);

/**
 * The mean as a number, of whole numbers, bigints and decimals the one nearest to the exact mean; `null` of none.
 *
 * @throws InvalidQueryError for what is no number
 */
export function averageOf(values: readonly unknown[], where: string): number | null {
  if (values.length === 0) return null;
  if (isAll(values, isText)) {
    const { units, scale } = parseDecimal(addDecimals(values, where), where);
    return quotient(units, scale, values.length);
  }
  const exact = isAll(values, isBigInt) || isAll(values, isWhole);
  if (!exact) return addNumbers(values, where) / values.length;
  const sum = (values as readonly (bigint | number)[]).reduce<bigint>(
    (total, value) => total + BigInt(value),
    0n,
  );
  return quotient(sum, 0, values.length);
}
