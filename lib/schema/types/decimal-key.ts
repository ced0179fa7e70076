/** Encodes decimals as bytes that sort as the numbers do. */

// One byte for the sign, four for the decimal exponent, then two digits to a byte (1 to 100) and a zero byte as the
// end. Of a negative number every byte after the sign is inverted.

const NEGATIVE = 0x7f;
const ZERO = 0x80;
const POSITIVE = 0x81;
const EXPONENT_BIAS = 0x8000_0000;

/** @param plain a decimal in plain notation ("-12.50") */
export function encodeDecimal(plain: string): Uint8Array {
  const negative = plain.startsWith("-");
  const [whole = "", fraction = ""] = (negative ? plain.slice(1) : plain).split(".");
  const all = whole + fraction;
  const digits = all.replace(/^0+/, "");
  if (digits === "") return Uint8Array.of(ZERO);
  const exponent = whole.length - (all.length - digits.length);
  const significant = digits.replace(/0+$/, "");
  const pairs = (significant.length + 1) >> 1;
  const bytes = Buffer.alloc(5 + pairs + 1);
  bytes.writeUInt32BE(exponent + EXPONENT_BIAS, 1);
  for (let i = 0; i < pairs; i++) {
    const tens = significant.charCodeAt(2 * i) - 48;
    const ones = 2 * i + 1 < significant.length ? significant.charCodeAt(2 * i + 1) - 48 : 0;
    bytes[5 + i] = tens * 10 + ones + 1;
  }
  if (negative) for (let i = 1; i < bytes.length; i++) bytes[i] = ~bytes[i]! & 0xff;
  bytes[0] = negative ? NEGATIVE : POSITIVE;
  return bytes;
}

/** The shortest plain notation of an encoded decimal. */
export function decodeDecimal(encoded: Uint8Array): string {
  if (encoded[0] === ZERO) return "0";
  const negative = encoded[0] === NEGATIVE;
  const bytes = Buffer.from(encoded);
  if (negative) for (let i = 1; i < bytes.length; i++) bytes[i] = ~bytes[i]! & 0xff;
  const exponent = bytes.readUInt32BE(1) - EXPONENT_BIAS;
  let digits = "";
  for (let i = 5; i < bytes.length - 1; i++) digits += String(bytes[i]! - 1).padStart(2, "0");
  digits = digits.replace(/0+$/, "");
  const whole = exponent <= 0 ? "0" : digits.slice(0, exponent).padEnd(exponent, "0");
  const fraction = exponent < 0 ? "0".repeat(-exponent) + digits : digits.slice(Math.max(exponent, 0));
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
