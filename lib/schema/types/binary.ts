/** The type `binary`: bytes, read back as plain Uint8Arrays. */

import type { TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse } from "./outcome.js";

function toBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : refuse("a Uint8Array", value);
}

/** Reads give plain bytes: a `Buffer` in one place and a `Uint8Array` in another would not compare alike in tests. */
function plain(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : bytes;
}

/** `binary`: a `Uint8Array` (a `Buffer` is one). */
export const binary: FieldType<Uint8Array> = Object.freeze({
  name: "binary",
  cast(value: unknown): CastResult<Uint8Array> {
    if (value instanceof Uint8Array) return ok(value);
    return value instanceof ArrayBuffer ? ok(new Uint8Array(value)) : invalid();
  },
  // Bytes of its own: whoever gave these may go on to write into them.
  dump: (value: Uint8Array) => new Uint8Array(toBytes(value)),
  load: (stored: StoredValue) => plain(stored as Uint8Array),
  equal: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0,
  compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
  toKey: toBytes,
  fromKey: (item: TupleItem) => plain(item as Uint8Array),
});
