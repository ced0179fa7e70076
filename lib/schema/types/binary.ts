/** The type `binary`: bytes, read back as plain Uint8Arrays. */

import type { TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse } from "./outcome.js";
import { isArrayBuffer, isBytes, ownBytes } from "./realms.js";

function toBytes(value: unknown): Uint8Array {
  return isBytes(value) ? ownBytes(value) : refuse("a Uint8Array", value);
}

// Bytes of its own: whoever holds the others may go on to write into them. And plain ones: a `Buffer` in one place and
// a `Uint8Array` in another would not compare alike in tests.
const copy = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

/** `binary`: a `Uint8Array` (a `Buffer` is one). */
export const binary: FieldType<Uint8Array> = Object.freeze({
  name: "binary",
  cast(value: unknown): CastResult<Uint8Array> {
    if (isBytes(value)) return ok(copy(value));
    return isArrayBuffer(value) ? ok(new Uint8Array(value.slice(0))) : invalid();
  },
  dump: (value: Uint8Array) => copy(toBytes(value)),
  load: (stored: StoredValue) => copy(toBytes(stored)),
  equal: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0,
  compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
  toKey: toBytes,
  fromKey: (item: TupleItem) => copy(toBytes(item)),
});
