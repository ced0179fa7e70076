/** A stand-in for the schema of a source whose class this process does not have. */

import type { FieldInfo, FieldType, SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { StoredKey } from "./layout.js";

const rawType: FieldType<TupleItem> = Object.freeze({
  name: "key",
  cast: (value: unknown) => ({ ok: true as const, value: value as TupleItem }),
  dump: () => null,
  load: (stored: unknown) => stored as TupleItem,
  toKey: (value: TupleItem) => value,
  fromKey: (item: TupleItem) => item,
});

/**
 * A source seen without its schema: the key is taken as it stands, and every other field by its stored name. Enough
 * to maintain, build and check indexes that are registered with their types.
 *
 * @param key what the fields of the record's key are called, see `IndexInfo.key`
 */
export function schemaless(source: string, key: readonly StoredKey[]): SchemaInfo {
  const id = `${source}\0${JSON.stringify(key)}`;
  let info = infos.get(id);
  if (info === undefined) {
    info = make(source, key);
    infos.set(id, info);
  }
  return info;
}

const infos = new Map<string, SchemaInfo>();

function make(source: string, key: readonly StoredKey[]): SchemaInfo {
  const names = key.length === 0 ? ["id"] : key;
  const fields = names.map((name) => keyField(name));
  const byName = new Map(fields.map((field) => [field.name, field]));
  const none = Object.freeze([]);
  return Object.freeze({
    schema: Object as never,
    name: source,
    source,
    embedded: false,
    primaryKey: fields.at(-1) as FieldInfo,
    hasPrimaryKey: true,
    partitionBy: fields.length > 1 ? fields[0] : undefined,
    keyFields: fields,
    fields,
    virtualFields: none,
    allFields: fields,
    redactedFields: none,
    requiredFields: none,
    associations: none,
    embeds: none,
    field: (name: string) => byName.get(name) as FieldInfo,
    hasField: (name: string) => byName.has(name),
    association: () => undefined as never,
    hasAssociation: () => false,
    embed: () => undefined as never,
    hasEmbed: () => false,
  });
}

function keyField(name: StoredKey): FieldInfo {
  return Object.freeze({
    name: String(name),
    source: String(name),
    tag: typeof name === "number" ? name : undefined,
    type: rawType as FieldType<unknown>,
    virtual: false,
    redact: false,
    default: undefined,
    autogenerate: undefined,
    required: false,
    writable: "always",
    onViolation: "raise",
  });
}
