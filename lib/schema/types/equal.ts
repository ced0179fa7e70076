/** Compares two values of a field, by its type where that says how. */

import type { FieldType } from "./field-type.js";
import { isBytes, isDate } from "./realms.js";
import { microsecondsOf } from "./utc-date-time.js";

/** Whether two values of a field are the same; `null` only equals `null`. */
export function equalValues<T>(type: FieldType<T>, a: T | null, b: T | null): boolean {
  if (Object.is(a, b)) return true;
  if (a === null || b === null || a === undefined || b === undefined) return false;
  if (type.equal !== undefined) return type.equal(a, b);
  if (isDate(a) && isDate(b)) return microsecondsOf(a) === microsecondsOf(b);
  if (isBytes(a) && isBytes(b)) return Buffer.compare(a, b) === 0;
  return false;
}
