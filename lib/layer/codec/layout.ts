/** Which fields of a schema stand in a record's key, and which at what position of its body. */

import { NoPrimaryKeyValueError, SchemaError } from "../../errors.js";
import {
  bodyFields,
  type FieldInfo,
  type FieldType,
  isToldByKey,
  type SchemaInfo,
} from "../../schema/index.js";
import { type TupleItem, Versionstamp } from "../../tuple/index.js";
import { encodeCbor } from "./cbor.js";

/** What a field is called inside records: its integer tag, else its stored name. */
export type StoredKey = string | number;

export function storedKey(field: FieldInfo): StoredKey {
  return field.tag ?? field.source;
}

/** A field that is kept in the body of the record. */
export interface BodyField {
  readonly name: string;
  readonly key: StoredKey;
  /** The key as it stands in the record. */
  readonly keyBytes: Uint8Array;
  readonly info: FieldInfo;
}

/** A field that is an element of the record's key. */
interface KeyField {
  readonly name: string;
  readonly info: FieldInfo;
  /** False when the key does not tell the value, which is then kept in the body as well. */
  readonly fromKey: boolean;
}

/** Where the value of a property comes from. */
interface Slot {
  readonly field: FieldInfo;
  readonly name: string;
  readonly type: FieldType<unknown>;
  /** In the body; -1 when the value is in the key, or nowhere (a virtual field). */
  readonly position: number;
  /** In the key; -1 when it is not. */
  readonly keyPosition: number;
}

/** How the records of a schema lie in keys and bodies; made once for a schema. */
export class RecordLayout {
  readonly body: readonly BodyField[];
  /** The partition, if any, then the primary key, in all of its fields. */
  readonly keyFields: readonly KeyField[];
  /** The primary key is assigned by the commit when a record has none. */
  readonly stamped: boolean;
  /** All properties in the order in which records have them. */
  readonly slots: readonly Slot[];
  readonly prototype: object;
  private readonly byKey = new Map<StoredKey, number>();
  private readonly byName = new Map<string, number>();

  constructor(readonly info: SchemaInfo) {
    this.keyFields = info.keyFields.map((field) => keyField(info, field));
    this.stamped = info.primaryKey.type.name === "versionstamp";
    this.body = bodyFields(info).map((field) => ({
      name: field.name,
      key: storedKey(field),
      keyBytes: encodeCbor(storedKey(field)),
      info: field,
    }));
    this.body.forEach((field, at) => {
      if (typeof field.key === "string" && /^\d+$/.test(field.key)) {
        throw new SchemaError(
          `${info.name}.${field.name} is stored as "${field.key}", which reads like a tag; ` +
            `write @Field(type, { tag: ${field.key} }) or give it another source.`,
        );
      }
      this.byKey.set(field.key, at);
      this.byName.set(field.name, at);
    });
    this.slots = info.allFields.map((field) => this.slotOf(field));
    this.prototype = (info.schema as { readonly prototype: object }).prototype;
  }

  private slotOf(field: FieldInfo): Slot {
    const { name, type } = field;
    const position = this.positionOfName(name);
    const keyPosition = position >= 0 ? -1 : this.keyFields.findIndex((one) => one.name === name);
    return { field, name, type, position, keyPosition };
  }

  /** The position in `body`; -1 for what this schema does not keep there. */
  positionOf(key: StoredKey): number {
    return this.byKey.get(key) ?? -1;
  }

  /** As {@link positionOf}, by property name. */
  positionOfName(name: string): number {
    return this.byName.get(name) ?? -1;
  }

  /** The name of the property that is stored as `key`, in the key or in the body. */
  nameOf(key: StoredKey): string | undefined {
    const at = this.byKey.get(key);
    if (at !== undefined) return (this.body[at] as BodyField).name;
    return this.keyFields.find((field) => storedKey(field.info) === key)?.name;
  }

  /** Whether the commit assigns this record's primary key. */
  isPending(record: object): boolean {
    if (!this.stamped) return false;
    const value = (record as Record<string, unknown>)[this.info.primaryKey.name];
    return value === null || value === undefined || (value instanceof Versionstamp && !value.isComplete);
  }

  /**
   * The tuple that names the record inside its source.
   *
   * @param op the user part of the versionstamp of a record whose key the commit assigns
   */
  keyOf(record: object, op = 0): TupleItem[] {
    const items: TupleItem[] = [];
    const { keyFields } = this;
    for (let i = 0; i < keyFields.length; i++) {
      const field = keyFields[i] as KeyField;
      const value = (record as Record<string, unknown>)[field.name];
      if (value === null || value === undefined) {
        if (this.stamped && i === keyFields.length - 1) items.push(Versionstamp.incomplete(op));
        else throw missingKey(this.info, field.name);
      } else if (value instanceof Versionstamp && !value.isComplete) items.push(Versionstamp.incomplete(op));
      else items.push((field.info.type.toKey as (value: unknown) => TupleItem)(value));
    }
    return items;
  }

  /** The tuple of a primary key's values, after that of its partition. */
  keyOfValues(values: readonly unknown[]): TupleItem[] {
    return this.keyFields.map((field, i) => {
      const value = values[i];
      if (value === null || value === undefined) throw missingKey(this.info, field.name);
      return (field.info.type.toKey as (value: unknown) => TupleItem)(value);
    });
  }
}

function missingKey(info: SchemaInfo, name: string): NoPrimaryKeyValueError {
  return new NoPrimaryKeyValueError(
    `A ${info.name} cannot be stored or found without its ${name}; ` +
      `set it, or declare @PrimaryKey("binary_id", { autogenerate: true }).`,
  );
}

function keyField(info: SchemaInfo, field: FieldInfo): KeyField {
  if (field.type.toKey === undefined) {
    throw new SchemaError(
      `${info.name}.${field.name} has the type "${field.type.name}", which has no order and cannot be in a key; ` +
        `use another type, such as @PrimaryKey("binary_id").`,
    );
  }
  return { name: field.name, info: field, fromKey: isToldByKey(field) };
}

const layouts = new WeakMap<SchemaInfo, RecordLayout>();

/** The layout of a schema. Throws `SchemaError` when a key field has no order. */
export function layoutOf(info: SchemaInfo): RecordLayout {
  let layout = layouts.get(info);
  if (layout === undefined) {
    layout = new RecordLayout(info);
    layouts.set(info, layout);
  }
  return layout;
}
