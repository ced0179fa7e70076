/** Records as plain data under their stored names, and back: `dump` and `load`. */

import { InvalidValueError, UnknownFieldError } from "../../errors.js";
import { hydrate, isSchema, type SchemaClass, schemaOf, storedName, suggest } from "../definition/index.js";
import { isPlainObject, type StoredValue, showValue } from "../types/index.js";
import { lostClass } from "./lost-class.js";
import { setMeta } from "./record-meta.js";

/**
 * The stored form of a record as a plain object: each stored field under its stored name (`source`, or the digits of its
 * `tag`), the key among them; embeds as objects of theirs. Virtual fields and relations are left out.
 *
 * @example dump(product) // { id: "p1", name: "Cereal", insertedAt: 1764500000000000 }
 * @throws InvalidValueError for what is no record, and for a value that its type cannot hold
 */
export function dump(record: object): Record<string, StoredValue> {
  const schema: unknown = (record as { constructor?: unknown } | null)?.constructor;
  if (!isSchema(schema)) {
    throw new InvalidValueError(
      `dump takes a record of a schema; ${lostClass(record) ?? `${showValue(record)} is none.`}`,
    );
  }
  const info = schemaOf(schema as SchemaClass<object>);
  const values = record as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    info.fields.map((field) => [storedName(field), field.type.dump(values[field.name] ?? null)]),
  );
}

/**
 * A record from its stored form, as {@link dump} gives it, or as another reader of the store does. It counts as loaded; a
 * field that is left out is null.
 *
 * @example load(Product, { id: "p1", name: "Cereal" })
 * @throws UnknownFieldError for a name that no field is stored under; RecordCorruptError for a value that is none of its type
 */
export function load<T extends object>(schema: SchemaClass<T>, data: Readonly<Record<string, unknown>>): T {
  const info = schemaOf(schema);
  if (!isPlainObject(data)) {
    throw new InvalidValueError(
      `load(${info.name}, data) takes an object of stored values by stored name, not ${showValue(data)}.`,
    );
  }
  const byName = new Map(info.fields.map((field) => [storedName(field), field]));
  const values: Record<string, unknown> = {};
  for (const [name, stored] of Object.entries(data)) {
    const field = byName.get(name);
    if (field === undefined) {
      throw new UnknownFieldError(
        `${info.name} stores no field as "${name}".${suggest(name, [...byName.keys()])} load takes stored names; ` +
          "attributes by property are for build.",
      );
    }
    values[field.name] = field.type.load((stored ?? null) as StoredValue);
  }
  const record = hydrate(info, values);
  setMeta(record, { state: "loaded" });
  return record;
}
