/** Writes stored values as JSON that loses nothing, and reads them back. */

import { ImportError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";

/** JSON that holds any stored value exactly. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * A stored value as JSON. What JSON cannot say is an object with one name that starts with `$`:
 * `{"$bigint":"123"}`, `{"$bytes":"<base64>"}`, `{"$float":"NaN"}` (also `Infinity`, `-Infinity`, `-0`). An object
 * of the application's own with such a first name stands inside `{"$object": …}`.
 */
export function valueToJson(value: StoredValue): JsonValue {
  switch (typeof value) {
    case "bigint":
      return { $bigint: value.toString() };
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $float: Object.is(value, -0) ? "-0" : String(value) };
    case "object":
      break;
    default:
      return value;
  }
  if (value === null) return null;
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map((item) => valueToJson(item as StoredValue));
  const entries = Object.entries(value as Readonly<Record<string, StoredValue>>);
  const object = fromEntries(entries.map(([name, item]) => [name, valueToJson(item)]));
  return entries.some(([name]) => name.startsWith("$")) ? { $object: object } : object;
}

/** The stored value of {@link valueToJson}. Throws `ImportError` for a marker that it did not write. */
export function valueFromJson(json: JsonValue): StoredValue {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => valueFromJson(item as JsonValue));
  const entries = Object.entries(json as Readonly<Record<string, JsonValue>>);
  const [name, item] = entries[0] ?? ["", null];
  if (entries.length !== 1 || !name.startsWith("$")) return plainObject(entries);
  if (name === "$object" && typeof item === "object" && item !== null && !Array.isArray(item)) {
    return plainObject(Object.entries(item as Readonly<Record<string, JsonValue>>));
  }
  if (typeof item === "string") {
    if (name === "$bytes") return bytesOf(item);
    if (name === "$bigint" && /^-?\d+$/.test(item)) return BigInt(item);
    if (name === "$float" && /^(NaN|-?Infinity|-0)$/.test(item)) return Number(item);
  }
  throw new ImportError(`${JSON.stringify(json).slice(0, 80)} is no value of this format.`);
}

function plainObject(entries: readonly (readonly [string, JsonValue])[]): StoredValue {
  return fromEntries(entries.map(([name, item]) => [name, valueFromJson(item)]));
}

/** As `Object.fromEntries`; both make `__proto__` a property like any other. */
function fromEntries<V>(entries: readonly (readonly [string, V])[]): { readonly [name: string]: V } {
  return Object.fromEntries(entries);
}

/** Strict base64: what `Buffer.from` would skip in silence is refused. */
export function bytesOf(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") === text) return bytes;
  throw new ImportError(`${JSON.stringify(text.slice(0, 40))} is not base64.`);
}
