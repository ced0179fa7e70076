import type { SchemaInfo } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import { decodeMap, layoutOf, type StoredKey, toStored } from "../codec/index.js";
import {
  type Bytes,
  type KeyRange,
  prefixRange,
  sourceKeys,
  stringPrefixRange,
  withByte,
} from "../keys/index.js";
import type { IndexInfo } from "../metadata/index.js";

/** The bounds of one range condition on the field behind the equalities, as key items. */
export interface Bounds {
  readonly gt?: TupleItem;
  readonly gte?: TupleItem;
  readonly lt?: TupleItem;
  readonly lte?: TupleItem;
  /** For strings. */
  readonly startsWith?: string;
}

/**
 * The keys of an index (or unique index) whose first fields equal `equal`, and whose next field lies in `bounds`. A
 * range condition never takes in nulls, which sort before everything else; `equal` finds them as `null`.
 */
export function indexRange(
  tenant: Tenant,
  index: IndexInfo,
  equal: readonly TupleItem[],
  bounds?: Bounds,
): KeyRange {
  const prefix = pack(equal, indexPrefix(tenant, index));
  return bounds === undefined ? prefixRange(prefix) : boundedRange(prefix, bounds);
}

/** The record keys of a source whose key items start with `equal`, and whose next item lies in `bounds`. */
export function dataRange(
  tenant: Tenant,
  source: string,
  equal: readonly TupleItem[],
  bounds?: Bounds,
): KeyRange {
  const prefix = pack(equal, sourceKeys(tenant, source).data);
  return bounds === undefined ? prefixRange(prefix) : boundedRange(prefix, bounds);
}

function boundedRange(prefix: Bytes, bounds: Bounds): KeyRange {
  // 0x00 behind the prefix is null; every other value starts with a higher byte.
  let begin = withByte(prefix, 0x01);
  let end = withByte(prefix, 0xff);
  const raise = (key: Bytes) => {
    if (Buffer.compare(key, begin) > 0) begin = key;
  };
  const lower = (key: Bytes) => {
    if (Buffer.compare(key, end) < 0) end = key;
  };
  if (bounds.gte !== undefined) raise(pack([bounds.gte], prefix));
  if (bounds.gt !== undefined) raise(withByte(pack([bounds.gt], prefix), 0xff));
  if (bounds.lt !== undefined) lower(pack([bounds.lt], prefix));
  if (bounds.lte !== undefined) lower(withByte(pack([bounds.lte], prefix), 0xff));
  if (bounds.startsWith !== undefined) {
    const range = stringPrefixRange(prefix, bounds.startsWith);
    raise(range.begin);
    lower(range.end);
  }
  return Buffer.compare(begin, end) < 0 ? { begin, end } : { begin, end: begin };
}

/** The key of an index without its values. */
export function indexPrefix(tenant: Tenant, index: IndexInfo): Bytes {
  return sourceKeys(tenant, index.source).named(index.unique ? "unique" : "index", index.name);
}

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
    const name = layout.nameOf(stored);
    if (name === undefined || !tellsValue(info, name)) return;
    const item = entry.values[i] as TupleItem;
    values[name] = item === null ? null : info.field(name).type.fromKey?.(item);
  });
  for (const stored of index.includeStored) {
    const name = layout.nameOf(stored);
    if (name === undefined) continue;
    const value = toStored(entry.covered?.get(stored) ?? null);
    values[name] = value === null ? null : info.field(name).type.load(value);
  }
  return values;
}

/** Whether a field's value can be read off its key item. */
export function tellsValue(info: SchemaInfo, field: string): boolean {
  const { type } = info.field(field);
  return type.fromKey !== undefined && type.lossyKey !== true;
}
