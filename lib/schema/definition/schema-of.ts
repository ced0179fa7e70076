/** Makes the frozen info of a schema out of what its decorators declared. */

import { refuseOtherCopy } from "../../copies.js";
import { SchemaError, UnknownFieldError } from "../../errors.js";
import { resolveType, showValue } from "../types/index.js";
import { associationInfo } from "./association-info.js";
import { bindType } from "./bind-type.js";
import type { SchemaClass } from "./brands.js";
import { checkComposite, checkFields, checkPrimaryKey } from "./check-definition.js";
import { embedType } from "./embed-type.js";
import { type Definition, definitionOf, findDefinition, type PropertyDefinition } from "./registry.js";
import type { AssociationInfo, EmbedInfo, FieldInfo, SchemaInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

const infos = new WeakMap<object, SchemaInfo>();

/**
 * What Plinth knows about a schema: its source, fields, relations and embeds, frozen.
 *
 * @example schemaOf(Product).fields.map((field) => field.name); // ["id", "name", "description", …]
 * @throws SchemaError when the class has no `@Schema` or `@EmbeddedSchema`, or when they contradict each other
 */
export function schemaOf<T extends object>(schema: SchemaClass<T>): SchemaInfo<T> {
  const known = infos.get(schema);
  if (known !== undefined) return known as SchemaInfo<T>;
  const definition = typeof schema === "function" ? definitionOf(schema) : undefined;
  if (definition === undefined) throw notASchema(schema);
  const info = buildInfo(schema, definition);
  infos.set(schema, info);
  return info;
}

/** Whether a value is the class of a schema. */
export function isSchema(value: unknown): value is SchemaClass {
  return typeof value === "function" && definitionOf(value) !== undefined;
}

function notASchema(schema: unknown): SchemaError {
  if (typeof schema === "function") refuseOtherCopy(schema, `The class ${schema.name}`);
  if (typeof schema !== "function") {
    return new SchemaError(`A schema class is needed here, not ${schema === null ? "null" : typeof schema}.`);
  }
  const inherited = findDefinition(schema);
  return new SchemaError(
    inherited === undefined
      ? `${schema.name} is not a schema. Write @Schema("${schema.name.toLowerCase()}s") above the class ` +
          "(or @EmbeddedSchema() when it lives inside other records)."
      : `${schema.name} has fields but no source. Write @Schema("${schema.name.toLowerCase()}s") above this class; ` +
          "a base class's source is not inherited.",
  );
}

/** A key has an error of its own, and what is generated or never stored cannot be missing; a default of null is stated. */
function isRequired(property: Exclude<PropertyDefinition, { readonly is: "association" }>): boolean {
  if (property.is === "embed") return property.required;
  const { required, primaryKey, virtual, autogenerate, default: given } = property;
  return required && !primaryKey && !virtual && autogenerate === undefined && given !== null;
}

/** Whether the field is the primary key, or the partition before it. */
function isKey(property: PropertyDefinition, all: Definition["properties"]): boolean {
  if (property.is === "field" && property.primaryKey) return true;
  for (const one of all.values()) {
    if (one.is === "field" && one.primaryKey && one.partitionBy === property.name) return true;
  }
  return false;
}

function buildInfo<T extends object>(schema: SchemaClass<T>, definition: Definition): SchemaInfo<T> {
  refuseOtherCopy(schema, `A part of the class ${schema.name}`);
  const { name } = schema;
  const declared: FieldInfo[] = [];
  const associations: AssociationInfo[] = [];
  const embeds: EmbedInfo[] = [];
  const keys: FieldInfo[] = [];
  let partition: string | undefined;

  for (const property of definition.properties.values()) {
    if (property.is === "association") {
      associations.push(associationInfo(() => schemaOf(schema), property, name, thunk));
      continue;
    }
    const many = property.is === "embed" && property.cardinality === "many";
    const target = property.is === "embed" ? thunk(name, property.name, property.target) : undefined;
    const type =
      property.is === "field" ? resolveType(property.type) : embedType(target as () => SchemaInfo, many);
    const redact =
      (property.is === "field" && property.redact) ||
      (definition.redact === "allButKeys" && !isKey(property, definition.properties));
    const field: FieldInfo = Object.freeze({
      name: property.name,
      source: property.source ?? definition.fieldSource(property.name),
      tag: property.tag,
      type: bindType(type, name, property.name, redact),
      virtual: property.is === "field" && property.virtual,
      redact,
      default: property.is === "field" ? property.default : many ? () => [] : undefined,
      autogenerate: property.is === "field" ? property.autogenerate : undefined,
      required: isRequired(property),
      writable: property.is === "field" ? property.writable : "always",
      onViolation: property.is === "field" ? property.onViolation : "raise",
    });
    declared.push(field);
    if (property.is === "embed") {
      const { cardinality, onReplace } = property;
      embeds.push(
        Object.freeze({ name: property.name, cardinality, target: target as () => SchemaInfo, onReplace }),
      );
    } else if (property.primaryKey) {
      checkPrimaryKey(name, field);
      keys.push(field);
      partition ??= property.partitionBy;
    }
  }
  checkComposite(name, definition.embedded, keys, partition);
  const key = keys.at(-1);

  const stored = declared.filter((field) => !field.virtual && !keys.includes(field));
  const fields = [...keys, ...stored];
  const virtualFields = declared.filter((field) => field.virtual);
  const byName = new Map(declared.map((field) => [field.name, field]));
  const associationByName = new Map(associations.map((one) => [one.name, one]));
  const embedByName = new Map(embeds.map((one) => [one.name, one]));
  const partitionBy = partition === undefined ? undefined : byName.get(partition);
  checkFields({
    name,
    declared,
    embedded: definition.embedded,
    key,
    fields,
    associations,
    partition,
    partitionBy,
  });

  return Object.freeze({
    schema,
    name,
    source: definition.source as string,
    embedded: definition.embedded,
    get primaryKey(): FieldInfo {
      if (key !== undefined) return key;
      throw new SchemaError(
        `${name} has no primary key; write @PrimaryKey("binary_id", { autogenerate: true }) declare id: string.`,
      );
    },
    hasPrimaryKey: key !== undefined,
    partitionBy,
    keyFields: Object.freeze(partitionBy === undefined ? keys : [partitionBy, ...keys]),
    fields: Object.freeze(fields),
    virtualFields: Object.freeze(virtualFields),
    allFields: Object.freeze([...fields, ...virtualFields]),
    redactedFields: Object.freeze(declared.filter((field) => field.redact)),
    requiredFields: Object.freeze(declared.filter((field) => field.required)),
    associations: Object.freeze(associations),
    embeds: Object.freeze(embeds),
    field(wanted: string) {
      const field = byName.get(wanted);
      if (field !== undefined) return field;
      const relation = associationByName.get(wanted);
      return relation === undefined ? unknown(name, "field", wanted, byName) : notAField(name, relation);
    },
    hasField: (wanted: string) => byName.has(wanted),
    association: (wanted: string) =>
      associationByName.get(wanted) ?? unknown(name, "relation", wanted, associationByName),
    hasAssociation: (wanted: string) => associationByName.has(wanted),
    embed: (wanted: string) => embedByName.get(wanted) ?? unknown(name, "embed", wanted, embedByName),
    hasEmbed: (wanted: string) => embedByName.has(wanted),
  });
}

function unknown(schema: string, kind: string, wanted: unknown, known: ReadonlyMap<string, unknown>): never {
  throw new UnknownFieldError(
    typeof wanted === "string"
      ? `${schema} has no ${kind} "${wanted}".${suggest(wanted, [...known.keys()])}`
      : `The name of a ${kind} of ${schema} is a string, not ${showValue(wanted)}.`,
  );
}

function notAField(schema: string, { name, kind, foreignKeys }: AssociationInfo): never {
  throw new UnknownFieldError(
    `${schema}.${name} is a relation, not a field. ` +
      (kind === "belongsTo"
        ? `Use its foreign key, "${foreignKeys.join('" and "')}".`
        : "Preload it: query.preload(…)."),
  );
}

/** Resolves the class of a relation on first use: in a cycle of modules it does not exist any earlier. */
function thunk(schema: string, property: string, target: () => SchemaClass): () => SchemaInfo {
  let info: SchemaInfo | undefined;
  return () => {
    if (info !== undefined) return info;
    const related: unknown = target();
    if (!isSchema(related)) {
      throw new SchemaError(
        `${schema}.${property} points to ${typeof related === "function" ? `${related.name}, which is no schema` : "nothing"}. ` +
          "Write the class as a function, () => Product, and decorate it with @Schema or @EmbeddedSchema.",
      );
    }
    info = schemaOf(related);
    return info;
  };
}
