/** The type `json`: any JSON value, stored as JSON text. */

import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse, storedText } from "./outcome.js";
import { isPlainObject } from "./realms.js";

/** Deeper values are refused: they would overflow the stack of whoever reads them. */
const MAX_DEPTH = 256;

/** A value that is not JSON, with the path to it. */
class NotJson extends Error {}

/**
 * A copy of a JSON value, own enumerable properties only. Throws on everything that JSON has no form for:
 * `undefined`, functions, bigints, NaN, instances of classes, cycles.
 */
function copyJson(value: unknown, depth: number): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new NotJson(String(value));
    return value + 0;
  }
  if (typeof value !== "object") throw new NotJson(typeof value);
  if (depth >= MAX_DEPTH) throw new NotJson(`more than ${MAX_DEPTH} levels (or a cycle)`);
  if (Array.isArray(value)) return Array.from(value, (item) => copyJson(item, depth + 1));
  if (!isPlainObject(value)) throw new NotJson("an instance of a class");
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    // Defined, not assigned: a key "__proto__" stays a key.
    Object.defineProperty(copy, key, {
      value: copyJson(item, depth + 1),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return copy;
}

function toJsonText(value: unknown): string {
  try {
    return JSON.stringify(copyJson(value, 0));
  } catch (error) {
    if (error instanceof NotJson) return refuse(`a JSON value (found ${error.message})`, value);
    throw error;
  }
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** `json`: any JSON value. Kept as JSON text, so that every key and number comes back as it was. */
export const json: FieldType<unknown> = Object.freeze({
  name: "json",
  cast(value: unknown): CastResult<unknown> {
    try {
      return ok(copyJson(value, 0));
    } catch {
      // A getter or a proxy of the caller may have thrown; whatever it was, this is no JSON value.
      return invalid();
    }
  },
  dump: toJsonText,
  load: (stored: StoredValue) => JSON.parse(storedText(stored)) as unknown,
  equal: sameJson,
});
