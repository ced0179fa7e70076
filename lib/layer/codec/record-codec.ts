/** Turns records into their stored bodies and back, by the layout of their schema. */

import { RecordCorruptError } from "../../errors.js";
import { defaultOf, type SchemaInfo, type StoredValue } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { Body, UnknownFields } from "./body.js";
import { decodeCborRaw, encodeCbor, toStored } from "./cbor.js";
import { cborWriter } from "./cbor-writer.js";
import { CodecId } from "./codec-ids.js";
import { type BodyField, layoutOf, type RecordLayout, type StoredKey } from "./layout.js";
import { decodePlainBody } from "./plain-body.js";

/**
 * The stored form of every body field. What is still the value that was read from `old` is stored as it was, even if
 * its type would not take it any more. Throws `InvalidValueError` for a value that its type cannot hold.
 */
export function dumpBody(
  layout: RecordLayout,
  record: object,
  old?: { readonly record: object; readonly values: readonly StoredValue[] },
): StoredValue[] {
  const { body } = layout;
  const values = new Array<StoredValue>(body.length);
  for (let i = 0; i < body.length; i++) {
    const field = body[i] as BodyField;
    const value = (record as Record<string, unknown>)[field.name];
    if (value === null || value === undefined) values[i] = null;
    else if (old !== undefined && value === (old.record as Record<string, unknown>)[field.name])
      values[i] = old.values[i] as StoredValue;
    else values[i] = field.info.type.dump(value);
  }
  return values;
}

/** Codec id and CBOR map; fields that are null are left out, because a missing field reads as null. */
export function encodeBody(
  layout: RecordLayout,
  values: readonly StoredValue[],
  unknown: UnknownFields | undefined,
): Uint8Array {
  const { body } = layout;
  let count = unknown === undefined ? 0 : unknown.size;
  for (let i = 0; i < values.length; i++) if (values[i] !== null) count++;
  cborWriter.start(CodecId.cbor);
  cborWriter.head(5, count);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as StoredValue;
    if (value === null) continue;
    cborWriter.raw((body[i] as BodyField).keyBytes);
    cborWriter.value(value);
  }
  if (unknown !== undefined) {
    for (const [key, value] of unknown) {
      cborWriter.raw(encodeCbor(key));
      cborWriter.value(value);
    }
  }
  return cborWriter.finish();
}

/** Reads what {@link encodeBody} wrote. Throws `RecordCorruptError` for anything else. */
export function decodeBody(layout: RecordLayout, bytes: Uint8Array): Body {
  return decodePlainBody(layout, bytes) ?? decodeAnyBody(layout, bytes);
}

function decodeAnyBody(layout: RecordLayout, bytes: Uint8Array): Body {
  const map = decodeMap(layout.info.source, bytes);
  const values = new Array<StoredValue>(layout.body.length).fill(null);
  let unknown: Map<StoredKey, StoredValue> | undefined;
  for (const [key, raw] of map) {
    const value = typeof raw === "object" ? toStored(raw) : (raw as StoredValue);
    const at = layout.positionOf(key);
    if (at >= 0) values[at] = value;
    else {
      unknown ??= new Map();
      unknown.set(key, value);
    }
  }
  return { values, unknown };
}

/** The fields of a stored body by stored key, without a schema. */
export function decodeMap(source: string, bytes: Uint8Array): Map<StoredKey, unknown> {
  if (bytes[0] !== CodecId.cbor) {
    throw new RecordCorruptError(
      `A record of "${source}" starts with byte ${String(bytes[0])}, which is no record codec of this release; ` +
        "it was written by a newer release or by something else.",
    );
  }
  let map: unknown;
  try {
    map = decodeCborRaw(bytes.subarray(1));
  } catch (cause) {
    throw new RecordCorruptError(`A record of "${source}" is not valid CBOR.`, { cause });
  }
  if (!(map instanceof Map)) throw new RecordCorruptError(`A record of "${source}" is not a CBOR map.`);
  return map as Map<StoredKey, unknown>;
}

/**
 * A record object from its key and its body: all fields in their order, null where there is no value (virtual fields
 * start at their default). The class's constructor does not run, so that field initialisers cannot overwrite what was
 * read.
 */
export function loadRecord<T extends object>(layout: RecordLayout, body: Body, pk: readonly TupleItem[]): T {
  const { slots } = layout;
  const record = Object.create(layout.prototype) as Record<string, unknown>;
  for (let i = 0; i < slots.length; i++) {
    const { field, name, type, position, keyPosition } = slots[i]!;
    if (position >= 0) {
      const value = body.values[position] as StoredValue;
      record[name] = value === null ? null : type.load(value);
    } else if (keyPosition >= 0) {
      record[name] = (type.fromKey as (item: TupleItem) => unknown)(pk[keyPosition] as TupleItem);
    } else record[name] = defaultOf(field);
  }
  return record as T;
}

/** The stored bytes of a record: codec id and CBOR. */
export function encodeRecord(info: SchemaInfo, record: object, unknown?: UnknownFields): Uint8Array {
  const layout = layoutOf(info);
  return encodeBody(layout, dumpBody(layout, record), unknown);
}

/** A record from its stored bytes and its key. Unknown stored fields are dropped here; reads keep them in the meta. */
export function decodeRecord<T extends object>(
  info: SchemaInfo,
  bytes: Uint8Array,
  pk: readonly TupleItem[],
): T {
  const layout = layoutOf(info);
  return loadRecord<T>(layout, decodeBody(layout, bytes), pk);
}
