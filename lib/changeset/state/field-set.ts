/** The fields that a changeset knows: those of a schema, or those of a map of types. */

import { ChangesetError, UnknownFieldError } from "../../errors.js";
import {
  type FieldType,
  isSchema,
  lostClass,
  resolveType,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  showValue,
  suggest,
  type TypeSpec,
} from "../../schema/index.js";

/** What a changeset needs to know about a field. */
export interface ChangesetField {
  readonly name: string;
  readonly type: FieldType;
  readonly redact: boolean;
  readonly default: unknown;
}

export interface FieldSet {
  /** For messages. */
  readonly name: string;
  /** Undefined for a schemaless changeset. */
  readonly info: SchemaInfo | undefined;
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Throws `UnknownFieldError`. */
  field(name: string): ChangesetField;
}

const fieldSets = new WeakMap<SchemaInfo, FieldSet>();

export function fieldsOfSchema(info: SchemaInfo): FieldSet {
  let fields = fieldSets.get(info);
  if (fields === undefined) {
    const names = info.allFields.map((field) => field.name);
    fields = { name: info.name, info, names, has: info.hasField, field: info.field };
    fieldSets.set(info, fields);
  }
  return fields;
}

/** The fields of a record, by its class. Throws `ChangesetError` when it has no schema. */
export function fieldsOfRecord(record: unknown): FieldSet {
  if (typeof record === "object" && record !== null) {
    const schema: unknown = (Object.getPrototypeOf(record) as { constructor?: unknown } | null)?.constructor;
    if (isSchema(schema)) return fieldsOfSchema(schemaOf(schema as SchemaClass));
  }
  const lost = lostClass(record);
  if (lost !== undefined)
    throw new ChangesetError(`A changeset starts from a record or a schema class; ${lost}`);
  throw new ChangesetError(
    `A changeset starts from a record or a schema class, not from ${showValue(record)}. Write cast(Product, params, ` +
      '["name"]), cast(build(Product), …), or cast({ data: {}, types: { name: "string" } }, …) without a schema.',
  );
}

const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

export function fieldsOfTypes(types: Readonly<Record<string, TypeSpec>>): FieldSet {
  const fields = new Map<string, ChangesetField>();
  for (const [name, spec] of Object.entries(types)) {
    if (forbidden.has(name)) throw new ChangesetError(`"${name}" cannot be the name of a field.`);
    fields.set(name, { name, type: resolveType(spec), redact: false, default: undefined });
  }
  const names = [...fields.keys()];
  return {
    name: "the data",
    info: undefined,
    names,
    has: (name) => fields.has(name),
    field(name) {
      const field = fields.get(name);
      if (field !== undefined) return field;
      throw new UnknownFieldError(
        typeof name === "string"
          ? `The types have no field "${name}".${suggest(name, names)}`
          : `The name of a field is a string, not ${showValue(name)}.`,
      );
    },
  };
}
