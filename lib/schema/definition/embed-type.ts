/** The type of `@EmbedsOne` and `@EmbedsMany`: records stored inside the record, under their fields' stored names. */

import {
  arrayOf,
  type CastResult,
  equalValues,
  type FieldType,
  invalid,
  refuse,
  type StoredValue,
} from "../types/index.js";
import { hydrate } from "./hydrate.js";
import type { FieldInfo, SchemaInfo } from "./schema-info.js";

/** The name of a field in stored records: its tag, written as text, or its source. */
export function storedName(field: FieldInfo): string {
  return field.tag === undefined ? field.source : String(field.tag);
}

export function embedType(target: () => SchemaInfo, many: boolean): FieldType {
  const one = oneEmbed(target);
  return (many ? embedList(one) : one) as FieldType;
}

/** A list of embeds; its items have no keys, so they are no elements of an index. */
function embedList(one: FieldType<object>): FieldType {
  const { element: _, ...list } = arrayOf(one);
  return Object.freeze({ ...list, name: "embedsMany" }) as FieldType;
}

function oneEmbed(target: () => SchemaInfo): FieldType<object> {
  return Object.freeze({
    name: "embedsOne",
    // Embeds have changesets of their own; only castEmbed reads them from outside.
    cast: (): CastResult<object> => invalid("is an embed; use castEmbed"),
    dump(record: object): StoredValue {
      if (typeof record !== "object" || record === null || Array.isArray(record)) {
        return refuse(`a record of ${target().name}`, record);
      }
      const stored: Record<string, StoredValue> = {};
      for (const field of target().fields) {
        const value = (record as Record<string, unknown>)[field.name];
        if (value !== null && value !== undefined) stored[storedName(field)] = field.type.dump(value);
      }
      return stored;
    },
    load(stored: StoredValue): object {
      const values: Record<string, unknown> = {};
      if (typeof stored !== "object" || stored === null || Object.getPrototypeOf(stored) !== Object.prototype)
        return refuse(`a record of ${target().name} (stored)`, stored);
      const source = stored as { readonly [name: string]: StoredValue };
      for (const field of target().fields) {
        const name = storedName(field);
        values[field.name] = Object.hasOwn(source, name)
          ? field.type.load(source[name] as StoredValue)
          : null;
      }
      return hydrate(target(), values);
    },
    equal: (a: object, b: object) =>
      target().fields.every((field) =>
        equalValues(
          field.type,
          (a as Record<string, unknown>)[field.name] ?? null,
          (b as Record<string, unknown>)[field.name] ?? null,
        ),
      ),
  });
}
