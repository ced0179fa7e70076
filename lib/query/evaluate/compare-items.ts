/** Compares two elements of keys as the store orders them, without packing the common ones. */

import { compareCodePoints } from "../../schema/index.js";
import { compareTuples, type TupleItem } from "../../tuple/index.js";

export function compareItems(a: TupleItem, b: TupleItem): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "string" && typeof b === "string") return compareCodePoints(a, b);
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && a !== 0 && b !== 0) return Number(a) - Number(b);
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : 1;
  return compareTuples([a], [b]);
}
