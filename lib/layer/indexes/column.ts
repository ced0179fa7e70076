/** Reads one field of an index off a row, by the schema of this process or else by the registered type. */

import { SchemaError } from "../../errors.js";
import {
  builtinType,
  embedPath,
  type FieldType,
  findBuiltinType,
  pathOfStored,
  type StoredValue,
} from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import type { BodyField, RecordLayout, RowView, StoredKey } from "../codec/index.js";

/** One field of an index: reads its key item off a row. */
export interface Column {
  readonly stored: StoredKey;
  /** The property, when this process's schema has the field. */
  readonly name: string | undefined;
  /** Position in the layout's body; -1 when the field is in the key or unknown. */
  readonly position: number;
  readonly type: FieldType;
  item(row: RowView): TupleItem;
  /** The value as it is stored; null when the key holds it. */
  storedValue(row: RowView): StoredValue;
}

type ToKey = (value: unknown) => TupleItem;

/** A field that the schema declares with the registered type. */
class KnownColumn implements Column {
  private readonly toKey: ToKey;
  constructor(
    readonly stored: StoredKey,
    readonly name: string,
    readonly position: number,
    readonly type: FieldType,
  ) {
    this.toKey = orderedKey(type, name);
  }
  item(row: RowView): TupleItem {
    const value = (row.record as Record<string, unknown>)[this.name];
    return value === null || value === undefined ? null : this.toKey(value);
  }
  storedValue(row: RowView): StoredValue {
    return this.position < 0 ? null : (row.values[this.position] as StoredValue);
  }
}

/** A field that is read by its registered type: unknown to the schema, or declared there with another type. */
class StoredColumn implements Column {
  private readonly toKey: ToKey;
  constructor(
    readonly stored: StoredKey,
    readonly name: string | undefined,
    readonly position: number,
    readonly type: FieldType,
  ) {
    this.toKey = orderedKey(type, String(stored));
  }
  item(row: RowView): TupleItem {
    const value = this.storedValue(row);
    return value === null ? null : this.toKey(this.type.load(value));
  }
  storedValue(row: RowView): StoredValue {
    if (this.position >= 0) return row.values[this.position] as StoredValue;
    return row.unknown?.get(this.stored) ?? null;
  }
}

/** A field inside of an embed, read along its path; null where a step is empty. */
class PathColumn implements Column {
  private readonly toKey: ToKey;
  constructor(
    readonly stored: StoredKey,
    readonly name: string | undefined,
    readonly position: number,
    readonly type: FieldType,
    private readonly path: readonly string[],
  ) {
    this.toKey = orderedKey(type, [stored, ...path].join("."));
  }
  item(row: RowView): TupleItem {
    let value: StoredValue = this.storedValue(row);
    for (const step of this.path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return null;
      value = (value as Readonly<Record<string, StoredValue>>)[step] as StoredValue;
    }
    return value === null ? null : this.toKey(this.type.load(value));
  }
  /** The whole embed: what the log tells of a field. */
  storedValue(row: RowView): StoredValue {
    if (this.position >= 0) return row.values[this.position] as StoredValue;
    return row.unknown?.get(this.stored) ?? null;
  }
}

/** The column of a field inside of an embed. */
export function pathColumn(
  layout: RecordLayout,
  stored: StoredKey,
  path: readonly string[],
  typeName: string,
): Column {
  const name = layout.nameOf(stored);
  const known = name === undefined ? undefined : pathOfStored(layout.info, name, path);
  const declared = known === undefined ? undefined : embedPath(layout.info, known)?.leaf.type;
  const type = findBuiltinType(typeName) ?? declared ?? registeredType(stored, typeName);
  return new PathColumn(stored, name, layout.positionOf(stored), type, path);
}

/** The items of a list, each once; none of an empty list or an empty value. */
export function itemsOfEach(
  layout: RecordLayout,
  stored: StoredKey,
  typeName: string,
): (row: RowView) => readonly TupleItem[] {
  const position = layout.positionOf(stored);
  const name = layout.nameOf(stored);
  const declared = name === undefined ? undefined : layout.info.field(name).type.element;
  const type = findBuiltinType(typeName) ?? declared ?? registeredType(stored, typeName);
  const toKey = orderedKey(type, String(stored));
  return (row) => {
    const value = position >= 0 ? row.values[position] : row.unknown?.get(stored);
    if (!Array.isArray(value)) return [];
    const items = new Map<string, TupleItem>();
    for (const one of value as readonly StoredValue[]) {
      const item = toKey(type.load(one));
      items.set(Buffer.from(pack([item])).toString("latin1"), item);
    }
    return [...items.values()];
  };
}

/** A list of which each item has an entry: what the log tells of it is the whole list. */
export function eachColumn(layout: RecordLayout, stored: StoredKey): Column {
  return { ...includedColumn(layout, stored), item: () => null };
}

/** A column of a stored field, as this process's schema and the registration describe it. */
export function columnOf(layout: RecordLayout, stored: StoredKey, typeName: string): Column {
  const position = layout.positionOf(stored);
  const name = layout.nameOf(stored);
  if (name === undefined) return new StoredColumn(stored, undefined, -1, registeredType(stored, typeName));
  const declared =
    position < 0 ? layout.info.field(name).type : (layout.body[position] as BodyField).info.type;
  if (position < 0) return new KnownColumn(stored, name, position, declared);
  const registered = findBuiltinType(typeName);
  // A custom type may store a value in another form; its entries must be those of the value as it is read back.
  if (registered === undefined) return new StoredColumn(stored, name, position, declared);
  return declared.name === typeName
    ? new KnownColumn(stored, name, position, declared)
    : new StoredColumn(stored, name, position, registered);
}

function registeredType(stored: StoredKey, typeName: string): FieldType {
  if (findBuiltinType(typeName) !== undefined) return builtinType(typeName);
  throw new SchemaError(
    `An index of this tenant uses the field "${stored}" of the custom type "${typeName}", which this process does ` +
      "not have; deploy the release that declares the field before writing to this source.",
  );
}

function orderedKey(type: FieldType, field: string): ToKey {
  if (type.toKey !== undefined) return type.toKey as ToKey;
  throw new SchemaError(
    `The field "${field}" of type "${type.name}" is used by an index but its type has no toKey; add toKey to the type.`,
  );
}

export function includedColumn(layout: RecordLayout, stored: StoredKey): Column {
  const position = layout.positionOf(stored);
  return {
    stored,
    name: layout.nameOf(stored),
    position,
    type: undefined as never,
    item: () => null,
    storedValue: (row) =>
      position >= 0 ? (row.values[position] ?? null) : (row.unknown?.get(stored) ?? null),
  };
}
