/** Reads what an index entry tells: the indexed values, the key of the record and the covered fields. */

import { equalBytes } from "../../engine/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import { decodeMap, layoutOf, type StoredKey, sameStored, toStored } from "../codec/index.js";
import type { Bytes } from "../keys/index.js";
import type { IndexInfo } from "../metadata/index.js";
import { indexPrefix } from "./index-range.js";

/** What one key of an index tells. */
export interface IndexEntry {
  /** Key items of the indexed fields. */
  readonly values: readonly TupleItem[];
  /** Key items of the record. */
  readonly pk: readonly TupleItem[];
  /** Stored values of the covered fields, by stored key; undefined when the index covers none. */
  readonly covered: ReadonlyMap<StoredKey, unknown> | undefined;
  /** The body of the record; undefined when the index does not hold it. */
  readonly body: Bytes | undefined;
}

/** Reads an entry of an index or unique index. `keyLength`: 1, or 2 with a partition. */
export function decodeEntry(
  tenant: Tenant,
  index: IndexInfo,
  keyLength: number,
  key: Bytes,
  value: Bytes,
): IndexEntry {
  const items = unpack(key, indexPrefix(tenant, index).length);
  const width = index.fields.length;
  if (items.length > width) {
    const told = value.length === 0 ? undefined : value;
    return { values: items.slice(0, width), pk: items.slice(width), ...tellingOf(index, told) };
  }
  const owner = unpack(value);
  const told = owner[keyLength];
  const telling = tellingOf(index, told instanceof Uint8Array ? told : undefined);
  return { values: items, pk: owner.slice(0, keyLength), ...telling };
}

/** Whether two values of one key tell the same: a record held whole may have been written with its fields in another order. */
export function tellsSame(
  tenant: Tenant,
  index: IndexInfo,
  keyLength: number,
  key: Bytes,
  a: Bytes,
  b: Bytes,
): boolean {
  if (equalBytes(a, b)) return true;
  if (index.whole !== true) return false;
  const [one, other] = [a, b].map((value) => decodeEntry(tenant, index, keyLength, key, value));
  if (one?.body === undefined || other?.body === undefined) return false;
  return equalBytes(pack(one.pk), pack(other.pk)) && sameBodies(index, one.body, other.body);
}

function sameBodies({ source }: IndexInfo, a: Bytes, b: Bytes): boolean {
  const [one, other] = [decodeMap(source, a), decodeMap(source, b)];
  return (
    one.size === other.size &&
    [...one].every(
      ([field, value]) => other.has(field) && sameStored(toStored(value), toStored(other.get(field))),
    )
  );
}

function tellingOf(index: IndexInfo, told: Bytes | undefined): Pick<IndexEntry, "covered" | "body"> {
  if (told === undefined) return { covered: undefined, body: undefined };
  return index.whole === true
    ? { covered: undefined, body: told }
    : { covered: decodeMap(index.source, told), body: undefined };
}

/**
 * The values that an entry tells without reading the record, by property: the key fields, indexed fields whose key
 * tells the value, and covered fields.
 */
export function entryValues(info: SchemaInfo, index: IndexInfo, entry: IndexEntry): Record<string, unknown> {
  const layout = layoutOf(info);
  const values: Record<string, unknown> = {};
  layout.keyFields.forEach((field, i) => {
    if (field.fromKey) values[field.name] = field.info.type.fromKey?.(entry.pk[i] as TupleItem);
  });
  index.stored.forEach((stored, i) => {
    // One item of a list, or a part of an embed, does not tell the field.
    if (i === index.each || (index.paths?.[i]?.length ?? 0) > 0) return;
    const name = layout.nameOf(stored);
    if (name === undefined || !tellsValue(info, name)) return;
    const item = entry.values[i] as TupleItem;
    values[name] = item === null ? null : info.field(name).type.fromKey?.(item);
  });
  for (const stored of index.includeStored) {
    const name = layout.nameOf(stored);
    // A field that the key tells is not in the row, nor in what is covered of it.
    if (name === undefined || layout.keyFields.some((field) => field.fromKey && field.name === name))
      continue;
    const value = toStored(entry.covered?.get(stored) ?? null);
    values[name] = value === null ? null : info.field(name).type.load(value);
  }
  return values;
}

/** Whether a field's value can be read off its key item. */
export function tellsValue(info: SchemaInfo, field: string): boolean {
  if (!info.hasField(field)) return false;
  const { type } = info.field(field);
  return type.fromKey !== undefined && type.lossyKey !== true;
}
