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
  const scale = Math.max(...parts.map((part) => part.scale));
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
  const sum = Number(values.reduce((total, value) => total + BigInt(value), 0n));
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

/** The mean as a number; `null` of none. */
export function averageOf(values: readonly unknown[], where: string): number | null {
  const sum = sumOf(values, where, false);
  return sum === null ? null : Number(sum) / values.length;
}
