/** Writes down the values that a function refers to, so that those of two functions can be compared. */

import { InvalidQueryError } from "../../errors.js";
import { isBytes, isDate, microsecondsOf, showValue } from "../../schema/index.js";

/**
 * Text that is equal for equal values, on every process.
 *
 * @param values plain data: text, numbers, bigints, booleans, null, undefined, dates, bytes, and lists and objects of these
 * @param whose how messages call the function
 * @throws InvalidQueryError for anything else, such as a function or a Map, whose content cannot be compared
 */
export function capturedText(whose: string, values: unknown): string {
  if (!Array.isArray(values)) {
    throw new InvalidQueryError(
      `${whose} takes the values that its function refers to as a list, such as [userId], not ${showValue(values)}.`,
    );
  }
  return textOf(values, whose, new Set());
}

function textOf(value: unknown, whose: string, above: Set<object>): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "boolean":
    case "undefined":
      return String(value);
    case "object":
      if (value === null) return "null";
      if (isDate(value)) return `date ${microsecondsOf(value) ?? "?"}`;
      if (isBytes(value)) return `bytes ${Buffer.from(value).toString("hex")}`;
      return objectText(value, whose, above);
    default:
      throw notData(whose, value);
  }
}

function objectText(value: object, whose: string, above: Set<object>): string {
  if (above.has(value)) throw notData(whose, value);
  above.add(value);
  let text: string;
  if (Array.isArray(value)) text = `[${value.map((item) => textOf(item, whose, above)).join()}]`;
  else {
    const prototype: unknown = Object.getPrototypeOf(value);
    // A literal of another realm has another Object.prototype, which is a root as well.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw notData(whose, value);
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    text = `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${textOf(item, whose, above)}`).join()}}`;
  }
  above.delete(value);
  return text;
}

const notData = (whose: string, value: unknown): InvalidQueryError =>
  new InvalidQueryError(
    `${whose} compares the values that its function refers to, and ${showValue(value)} is no plain data. ` +
      "Give what the function uses of it: its id, or its items as a list.",
  );
