/** Reads what an index entry tells: the indexed values, the key of the record and the covered fields. */

import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import { decodeMap, layoutOf, type StoredKey, toStored } from "../codec/index.js";
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
    const covered = value.length === 0 ? undefined : decodeMap(index.source, value);
    return { values: items.slice(0, width), pk: items.slice(width), covered };
  }
  const owner = unpack(value);
  const covered = owner[keyLength];
  return {
    values: items,
    pk: owner.slice(0, keyLength),
    covered: covered instanceof Uint8Array ? decodeMap(index.source, covered) : undefined,
  };
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
