import { compareTuples, type TupleItem } from "../tuple/index.js";

const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff;

/** UTF-8 order: code units compare like code points, except that surrogates sort above the rest of the plane. */
function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (isSurrogate(x) !== isSurrogate(y)) return isSurrogate(x) ? 1 : -1;
    return x - y;
  }
  return a.length - b.length;
}

/** The order of two elements in a key, without packing the common ones. */
export function compareItems(a: TupleItem, b: TupleItem): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && a !== 0 && b !== 0) return Number(a) - Number(b);
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : 1;
  return compareTuples([a], [b]);
}
