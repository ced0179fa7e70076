/** Tells whether two stored values are the same, to any depth. */

import type { StoredValue } from "../../schema/index.js";

export function sameStored(a: StoredValue, b: StoredValue): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, i) => sameStored(item as StoredValue, b[i] as StoredValue));
  }
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  const first = a as { readonly [name: string]: StoredValue };
  const second = b as { readonly [name: string]: StoredValue };
  return names.every((name) => Object.hasOwn(second, name) && sameStored(first[name]!, second[name]!));
}
