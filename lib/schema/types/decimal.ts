/** The type `decimal`: exact numbers of any precision, held as text. */

import type { TupleItem } from "../../tuple/index.js";
import { decodeDecimal, encodeDecimal } from "./decimal-key.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { converted, invalid, ok, refuse } from "./outcome.js";

const decimalText = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;
/** Digits of a value in plain notation; more is refused so that "1e999999" cannot fill the memory. */
const MAX_DIGITS = 10_000;

/** Plain notation without needless zeros in front; the digits after the point are kept as written. */
function canonical(text: string): string | null {
  if (text.length > MAX_DIGITS) return null;
  const match = decimalText.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return null;
  const shift = Number(exponent);
  if (whole.length + fraction.length + Math.abs(shift) > MAX_DIGITS) return null;
  const digits = whole + fraction;
  const point = whole.length + shift;
  const padded = point < 0 ? "0".repeat(-point) + digits : digits.padEnd(point, "0");
  const at = Math.max(point, 0);
  const integral = padded.slice(0, at).replace(/^0+(?=\d)/, "") || "0";
  const rest = padded.slice(at);
  const unsigned = rest === "" ? integral : `${integral}.${rest}`;
  return sign === "-" && /[1-9]/.test(unsigned) ? `-${unsigned}` : unsigned;
}

function toDecimal(value: unknown): string {
  const plain = typeof value === "string" ? canonical(value) : null;
  return plain ?? refuse('a decimal as text such as "12.50"', value);
}

function castDecimal(value: unknown): CastResult<string> {
  const text =
    typeof value === "string"
      ? value
      : (typeof value === "number" && Number.isFinite(value)) || typeof value === "bigint"
        ? String(value)
        : "";
  const plain = canonical(text);
  return plain === null ? invalid() : ok(plain);
}

/**
 * `decimal`: an exact number of any precision, as text in plain notation ("12.50" keeps its two places). In keys,
 * and when changes are looked for, "1" and "1.00" are the same value.
 */
export const decimal: FieldType<string> = Object.freeze({
  name: "decimal",
  cast: castDecimal,
  dump: toDecimal,
  load: (stored: StoredValue) => converted(castDecimal, "a decimal", stored),
  equal: (a: string, b: string) => compareDecimals(a, b) === 0,
  compare: compareDecimals,
  toKey: (value: string) => encodeDecimal(toDecimal(value)),
  fromKey: (item: TupleItem) => decodeDecimal(item as Uint8Array),
  lossyKey: true,
});

function compareDecimals(a: string, b: string): number {
  return Buffer.compare(encodeDecimal(toDecimal(a)), encodeDecimal(toDecimal(b)));
}
