/** Copies what its holder could change in place: dates, bytes, lists and plain objects. Other values are handed through. */

import { copyOfMoment, isBytes, isDate, isPlainObject } from "../types/index.js";

/** Deeper values stay as they are: no type takes them, and copying them would overflow the stack. */
const MAX_DEPTH = 300;

/** Values of another realm (node:vm, Jest) come out as values of this one. */
export function detached(value: unknown): unknown {
  return typeof value === "object" && value !== null ? copied(value, new Map(), 0) : value;
}

/** @param known copies that were made already: a value may be in two places, or in itself */
function copied(value: object, known: Map<object, unknown>, depth: number): unknown {
  if (isDate(value)) return copyOfMoment(value);
  if (isBytes(value)) return new Uint8Array(value);
  const list = Array.isArray(value);
  if (depth > MAX_DEPTH || !(list || isPlainObject(value))) return value;
  const before = known.get(value);
  if (before !== undefined) return before;
  const inner = (item: unknown) =>
    typeof item === "object" && item !== null ? copied(item, known, depth + 1) : item;
  if (list) {
    const items: unknown[] = [];
    known.set(value, items);
    for (let i = 0; i < value.length; i++) items.push(inner(value[i]));
    return items;
  }
  const copy: Record<string, unknown> = {};
  known.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    // Defined, not assigned: a key "__proto__" stays a key.
    Object.defineProperty(copy, key, {
      value: inner(item),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}
