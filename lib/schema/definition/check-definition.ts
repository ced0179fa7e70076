/** Checks what a schema class declares: its primary key, stored names, tags, foreign keys and partition. */

import { SchemaError } from "../../errors.js";
import { showValue } from "../types/index.js";
import type { AssociationInfo, FieldInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

/** A field of the primary key is of a type that can be a key and can do what was asked of it. */
export function checkPrimaryKey(schema: string, key: FieldInfo): void {
  const where = `${schema}.${key.name}`;
  if (key.type.toKey === undefined || key.type.fromKey === undefined) {
    throw new SchemaError(
      `${where} is of type ${key.type.name}, which has no order and cannot be a primary key. ` +
        `Write @PrimaryKey("binary_id") declare ${key.name}: string.`,
    );
  }
  const generated = key.type.autogenerate !== undefined || key.type.name === "versionstamp";
  if (key.autogenerate === "id" && !generated) {
    throw new SchemaError(
      `${where} is of type ${key.type.name}, whose values cannot be generated. ` +
        `Write @PrimaryKey("binary_id", { autogenerate: true }) declare ${key.name}: string, or "uuid" or "versionstamp".`,
    );
  }
}

/** What holds for a primary key of several fields, in the order of their declaration. */
export function checkComposite(
  schema: string,
  embedded: boolean,
  keys: readonly FieldInfo[],
  partition: string | undefined,
): void {
  if (keys.length < 2) return;
  const names = keys.map(({ name }) => name).join(" and ");
  if (embedded) {
    throw new SchemaError(
      `${schema} is embedded and has the keys ${names}. A record inside of another one is found by one key: keep one @PrimaryKey.`,
    );
  }
  if (partition !== undefined) {
    throw new SchemaError(
      `${schema} has the keys ${names}, and { partitionBy: "${partition}" } beside them. A composite key begins with its first ` +
        `field, which is its partition: write @PrimaryKey on ${partition} first, and leave { partitionBy } out.`,
    );
  }
  const stamped = keys.slice(0, -1).find(({ type }) => type.name === "versionstamp");
  if (stamped !== undefined) {
    throw new SchemaError(
      `${schema}.${stamped.name} is assigned by the commit, and ${keys.at(-1)?.name} follows it in the key. Declare the versionstamp ` +
        "as the last @PrimaryKey.",
    );
  }
}

/** The first name is the default. */
const choices = {
  writable: ["always", "insert", "never"],
  onViolation: ["raise", "warn", "ignore"],
} as const;

/** Only the rows of records are written by a Repo, which can leave a field out. */
function checkWritable({ name: schema, embedded, declared }: Declared): void {
  for (const field of declared) {
    const where = `${schema}.${field.name}`;
    for (const option of ["writable", "onViolation"] as const) {
      if ((choices[option] as readonly string[]).includes(field[option])) continue;
      throw new SchemaError(
        `${where}: { ${option} } is ${choices[option].map((one) => `"${one}"`).join(", ")}, not ${showValue(field[option])}.`,
      );
    }
    if (field.writable === "always") {
      if (field.onViolation === "raise") continue;
      throw new SchemaError(
        `${where} is always writable, so { onViolation: "${field.onViolation}" } would never apply. Write { writable: "insert" } or ` +
          '{ writable: "never" } beside it.',
      );
    }
    if (embedded || field.virtual) {
      throw new SchemaError(
        `${where} has { writable: "${field.writable}" }, and ${embedded ? "an embed is written with its record" : "a virtual field is never stored"}. ` +
          "Leave the option out.",
      );
    }
    if (field.writable === "never" && (field.required || field.default !== undefined)) {
      throw new SchemaError(
        `${where} has { writable: "never" }, so no insert gives it a value: leave { ${field.required ? "required" : "default"} } out, and ` +
          "declare it with | null.",
      );
    }
  }
}

interface Declared {
  /** All fields, virtual ones and embeds among them. */
  readonly declared: readonly FieldInfo[];
  readonly name: string;
  readonly embedded: boolean;
  readonly key: FieldInfo | undefined;
  readonly fields: readonly FieldInfo[];
  readonly associations: readonly AssociationInfo[];
  readonly partition: string | undefined;
  readonly partitionBy: FieldInfo | undefined;
}

/** What can only be checked when every property of the class is known. */
export function checkFields(schema: Declared): void {
  const { name, key, fields } = schema;
  if (key === undefined && !schema.embedded) {
    throw new SchemaError(
      `${name} has no primary key. Write @PrimaryKey("binary_id", { autogenerate: true }) declare id: string.`,
    );
  }
  for (const { source, name: field } of fields) {
    if (typeof source === "string" && source !== "") continue;
    throw new SchemaError(
      `${name}.${field} has the stored name ${showValue(source)}; it is a string of at least one character. ` +
        `Correct { source } of the field, or { fieldSource } of the schema.`,
    );
  }
  checkWritable(schema);
  checkDistinct(
    fields,
    (field) => field.tag,
    (a, b) =>
      `${name}.${b.name} has the tag ${b.tag} of ${name}.${a.name}. Tags are stored for ever: give ${b.name} a number ` +
      "that no field of this schema has or had.",
  );
  checkDistinct(
    fields,
    (field) => field.source,
    (a, b) =>
      `${name}.${b.name} is stored under "${b.source}", as ${name}.${a.name} is. Write another { source } for one of them.`,
  );
  for (const { tag, name: field } of fields) {
    if (tag !== undefined && !(Number.isSafeInteger(tag) && tag >= 0)) {
      throw new SchemaError(
        `${name}.${field} has the tag ${String(tag)}; a tag is an integer from 0, as { tag: 3 }.`,
      );
    }
  }
  for (const { kind, name: relation, foreignKeys, through } of schema.associations) {
    if (through !== undefined) checkFirstStep(schema, relation, through[0] as string);
    const foreignKey =
      kind === "belongsTo"
        ? foreignKeys.find((key) => !fields.some((field) => field.name === key))
        : undefined;
    if (foreignKey !== undefined) {
      throw new SchemaError(
        `${name}.${relation} relates by ${name}.${foreignKey}, which is no field of ${name}. ` +
          `Write @Field("binary_id") declare ${foreignKey}: string.` +
          suggest(
            foreignKey,
            fields.map((field) => field.name),
          ),
      );
    }
  }
  if (schema.partition === undefined) return;
  const { partitionBy } = schema;
  if (
    partitionBy === undefined ||
    partitionBy === key ||
    partitionBy.virtual ||
    partitionBy.type.toKey === undefined
  ) {
    throw new SchemaError(
      `${name} is partitioned by "${schema.partition}", which is no stored field with an order. ` +
        `Write @Field("string") declare ${schema.partition}: string.`,
    );
  }
}

/** The first relation on the way is one of the same class, so that it can be told while that is defined. */
function checkFirstStep({ name, associations }: Declared, relation: string, first: string): void {
  const names = associations.map((one) => one.name).filter((one) => one !== relation);
  if (names.includes(first)) return;
  throw new SchemaError(
    `${name}.${relation} goes through "${first}", which is no other relation of ${name}. ` +
      `Declare it, as in @HasMany(() => PostTag, "postId") declare ${first}: HasMany<PostTag>.${suggest(first, names)}`,
  );
}

function checkDistinct<V>(
  fields: readonly FieldInfo[],
  property: (field: FieldInfo) => V | undefined,
  message: (a: FieldInfo, b: FieldInfo) => string,
): void {
  const seen = new Map<V, FieldInfo>();
  for (const field of fields) {
    const value = property(field);
    if (value === undefined) continue;
    const other = seen.get(value);
    if (other !== undefined) throw new SchemaError(message(other, field));
    seen.set(value, field);
  }
}
