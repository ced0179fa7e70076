/** Encodes and decodes stored values as CBOR with the CBOR library. */

import { Encoder } from "cbor-x";
import type { StoredValue } from "../../schema/index.js";
import { checkCbor } from "./check-cbor.js";

// Plain CBOR (RFC 8949) that any language reads: no record extension, no shared structures, no typed-array tags.
// Maps are decoded as Map, so that integer keys stay apart from text keys and "__proto__" is a key like any other.
const codec = new Encoder({
  useRecords: false,
  mapsAsObjects: false,
  tagUint8Array: false,
  variableMapSize: true,
  copyBuffers: true,
});

/** The CBOR form of a stored value. */
export function encodeCbor(value: StoredValue): Uint8Array {
  return codec.encode(value);
}

/** Decodes to arrays, Maps and scalars. Throws `RecordCorruptError` for what was not written here. */
export function decodeCborRaw(bytes: Uint8Array): unknown {
  checkCbor(bytes);
  return codec.decode(bytes);
}

/** Decodes, with plain objects in place of maps. */
export function decodeCbor(bytes: Uint8Array): StoredValue {
  return toStored(decodeCborRaw(bytes));
}

/** Maps become plain objects, at any depth; scalars are handed through. */
export function toStored(value: unknown): StoredValue {
  if (typeof value !== "object" || value === null) return value as StoredValue;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (typeof value[i] === "object") value[i] = toStored(value[i]);
    }
    return value as StoredValue;
  }
  if (!(value instanceof Map)) return value as StoredValue;
  const object: Record<string, StoredValue> = {};
  for (const [key, item] of value) {
    const name = String(key);
    if (name === "__proto__") {
      Object.defineProperty(object, name, {
        value: toStored(item),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else object[name] = toStored(item);
  }
  return object;
}
