/** Builds unsaved records out of attributes, defaults and related records. */

import { InvalidValueError, UnknownFieldError } from "../../errors.js";
import {
  type Attrs,
  defaultOf,
  type FieldInfo,
  hydrate,
  isSchema,
  type KeyedAssociation,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  suggest,
  type ThroughAssociation,
} from "../definition/index.js";
import { equalValues, isPlainObject, showValue } from "../types/index.js";
import { keyValues } from "./key-values.js";
import { setMeta } from "./record-meta.js";

type Values = Record<string, unknown>;

/**
 * An unsaved record: the attributes, defaults for fields that they leave out, `null` for the rest.
 *
 * A related record sets the foreign key (`build(Review, { product })` sets `productId`). Values are checked when the
 * record is written; input from outside belongs in `cast`.
 *
 * @example build(Product, { name: "Cereal" })
 * @throws UnknownFieldError for an attribute that is neither field nor relation
 */
export function build<T extends object>(schema: SchemaClass<T>, attrs: Attrs<T> = {} as Attrs<T>): T {
  return buildRecord(schemaOf(schema), attrs as Values);
}

/** {@link build} for a schema known by its info. */
export function buildRecord<T extends object>(info: SchemaInfo<T>, attrs: Readonly<Values>): T {
  if (!hasProperties(attrs)) {
    throw new InvalidValueError(
      `The attributes of a ${info.name} are an object such as { ${info.allFields[0]?.name ?? "id"}: … }, not ${showValue(attrs)}.`,
    );
  }
  for (const name of Object.keys(attrs)) {
    if (info.hasField(name) || info.hasAssociation(name)) continue;
    const names = [...info.allFields, ...info.associations].map((one) => one.name);
    throw new UnknownFieldError(`${info.name} has no field "${name}".${suggest(name, names)}`);
  }
  const values: Values = {};
  for (const field of info.allFields) {
    const given = Object.hasOwn(attrs, field.name) ? attrs[field.name] : undefined;
    values[field.name] = given === undefined ? defaultOf(field) : embedded(info, field, given);
  }
  const related = info.associations.filter(
    (one) => Object.hasOwn(attrs, one.name) && attrs[one.name] !== undefined,
  );
  for (const one of related) {
    if (one.through !== undefined) throw readOnly(info, one);
    if (one.kind === "belongsTo") fillForeignKey(info, one, attrs, values);
  }
  if (info.embedded) fillGenerated(info, values);
  const record = hydrate(info, values);
  for (const one of related) (record as Values)[one.name] = attrs[one.name];
  setMeta(record, { state: "built" });
  return record;
}

/** A Map, a Set, a form or a date has values, and none of them is a property: it would be a record of nothing. */
function hasProperties(attrs: unknown): boolean {
  if (typeof attrs !== "object" || attrs === null || Array.isArray(attrs)) return false;
  return isPlainObject(attrs) || Object.prototype.toString.call(attrs) === "[object Object]";
}

/** An embed has no insert of its own, in which the Repo would fill these in. */
function fillGenerated(info: SchemaInfo, values: Values): void {
  for (const { name, autogenerate, type } of info.fields) {
    if (autogenerate === undefined || values[name] !== null) continue;
    values[name] = autogenerate === "id" ? (type.autogenerate?.() ?? null) : new Date();
  }
}

/** Plain objects given for an embed become records of its schema. */
function embedded(info: SchemaInfo, field: FieldInfo, value: unknown): unknown {
  if (!info.hasEmbed(field.name) || value === null) return value;
  const { cardinality, target } = info.embed(field.name);
  const one = (item: unknown) =>
    typeof item === "object" && item !== null && !(item instanceof target().schema)
      ? buildRecord(target(), item as Values)
      : item;
  return cardinality === "many" && Array.isArray(value) ? value.map(one) : one(value);
}

function readOnly(info: SchemaInfo, { name, through }: ThroughAssociation): InvalidValueError {
  const [first] = through;
  return new InvalidValueError(
    `${info.name}.${name} goes through ${through.join(" and ")}, so it can only be read. Give the records of ${first} with ` +
      `theirs: { ${first}: [{ … }] }.`,
  );
}

function fillForeignKey(info: SchemaInfo, relation: KeyedAssociation, attrs: Values, values: Values): void {
  const parent = attrs[relation.name] as Values | null;
  const target = relation.target();
  const schema: unknown = parent?.constructor;
  if (isSchema(schema) && schemaOf(schema).source !== target.source) {
    throw new InvalidValueError(
      `${info.name}.${relation.name} takes a record of ${target.name}, not of ${schema.name}.`,
    );
  }
  const { foreignKeys } = relation;
  const key = parent === null ? null : keyValues(parent, relation.references());
  const given = foreignKeys.filter((name) => attrs[name] !== undefined);
  // A field of a composite key may be that of another relation too, so what leads to no parent is one empty field.
  const differs =
    key === null && foreignKeys.length > 1
      ? keyValues(attrs, foreignKeys) !== null
      : given.some((name) => {
          const at = foreignKeys.indexOf(name);
          return !equalValues(info.field(name).type, attrs[name], key?.[at] ?? null);
        });
  if (differs) {
    throw new InvalidValueError(
      `The attributes of a ${info.name} give both ${foreignKeys.join(", ")} and ${relation.name}, and they differ. Give one of them.`,
    );
  }
  for (const [at, name] of foreignKeys.entries()) {
    if (!given.includes(name)) values[name] = takeOver(info, relation, name, values[name], key?.[at] ?? null);
    else values[name] = attrs[name];
  }
}

/** Two parents may share a field of their keys. */
function takeOver(
  info: SchemaInfo,
  { name, foreignKeys }: KeyedAssociation,
  field: string,
  present: unknown,
  value: unknown,
): unknown {
  if (foreignKeys.length === 1) return value;
  if (value === null) return present;
  const shared = info.associations.filter(
    (one) => one.kind === "belongsTo" && one.foreignKeys.includes(field),
  );
  if (shared.length < 2 || present === null || equalValues(info.field(field).type, present, value))
    return value;
  throw new InvalidValueError(
    `The parents of a ${info.name} differ in ${field}, which ${shared.map((one) => one.name).join(" and ")} share; ${name} says another one.`,
  );
}
