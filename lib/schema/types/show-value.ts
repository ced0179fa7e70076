/** Shows a value in a message: short, on one line, and without running any of the value's own code. */

import { isBytes, isDate } from "./realms.js";

const SHOWN = 60;

export function showValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value.length > SHOWN
        ? `${JSON.stringify(value.slice(0, SHOWN))}… (${value.length} characters)`
        : JSON.stringify(value);
    case "bigint": {
      const digits = value.toString();
      return digits.length > SHOWN ? `a bigint of ${digits.length} digits` : `${digits}n`;
    }
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "boolean":
    case "undefined":
      return String(value);
    case "function":
      return "a function";
    case "symbol":
      return "a symbol";
    default:
      if (value === null) return "null";
      if (Array.isArray(value)) return `an array of ${value.length}`;
      if (isDate(value)) return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
      if (isBytes(value)) return `${value.length} bytes`;
      return "an object";
  }
}
