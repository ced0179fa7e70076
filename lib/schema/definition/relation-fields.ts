/** Says which fields of two schemas hold the same key, and so relate their records. */

import { SchemaError } from "../../errors.js";
import type { AssociationDefinition } from "./registry.js";
import type { SchemaInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

/** Whether a field may be set to null: no field of a key, and none that is declared without it. */
export function canBeNull(info: SchemaInfo, name: string): boolean {
  const field = info.field(name);
  if (info.keyFields.includes(field)) return false;
  return !("required" in field && field.required === true);
}

/** Those of a foreign key that are set to null when its record is let go. */
export const nullableOf = (info: SchemaInfo, foreignKeys: readonly string[]): readonly string[] =>
  foreignKeys.length === 1 ? foreignKeys : foreignKeys.filter((name) => canBeNull(info, name));

/** @throws SchemaError for a field that is not there, or none that `nilifyAll` could set to null */
export function checkForeignKeys(
  owner: string,
  { name, onDelete }: Pick<AssociationDefinition, "name" | "onDelete">,
  foreignKeys: readonly string[],
  related: SchemaInfo,
): void {
  for (const key of foreignKeys) {
    if (related.hasField(key)) continue;
    throw new SchemaError(
      `${owner}.${name} relates by ${related.name}.${key}, which is no field of ${related.name}. ` +
        `Write @Field("binary_id") declare ${key}: string in ${related.name}, or correct the name.` +
        suggest(
          key,
          related.fields.map((field) => field.name),
        ),
    );
  }
  if (onDelete !== "nilifyAll" || foreignKeys.some((key) => canBeNull(related, key))) return;
  const [key = ""] = foreignKeys.slice(-1);
  throw new SchemaError(
    `${owner}.${name} has { onDelete: "nilifyAll" }, and ${related.name}.${foreignKeys.join(` and ${related.name}.`)} cannot be null. ` +
      `Declare ${foreignKeys.length === 1 ? "it" : "one of them"} with ` +
      `"| null" (@Field("binary_id") declare ${key}: string | null), or write { onDelete: "deleteAll" }.`,
  );
}

/**
 * The fields of the parent whose values the foreign key holds, in its order: those that `references` names, else the parent's key.
 *
 * @param where class and property, for messages
 * @throws SchemaError when they do not go together with the foreign key, one by one
 */
export function referencedFields(
  where: string,
  parent: SchemaInfo,
  foreignKeys: readonly string[],
  references: readonly string[] | undefined,
): readonly string[] {
  const names = parent.keyFields.map((field) => field.name);
  if (references === undefined) {
    if (foreignKeys.length === names.length) return Object.freeze(names);
    // A partition of its own goes without saying for those that are read by an index.
    if (parent.partitionBy !== undefined && foreignKeys.length === 1)
      return Object.freeze([parent.primaryKey.name]);
    throw new SchemaError(
      `${where} relates by ${foreignKeys.join(" and ")} to ${parent.name}, whose key is ${names.join(" and ")}. Name a field for each ` +
        `of them, in this order: ${names.length === 1 ? `"${foreignKeys[0]}"` : `[${names.map((name) => `"${name}"`).join(", ")}]`}; or say ` +
        `which fields of ${parent.name} they hold, which a unique index serves: { references: "slug" }.`,
    );
  }
  if (references.length !== foreignKeys.length) {
    throw new SchemaError(
      `${where} relates by ${foreignKeys.join(" and ")}, and { references } names ${references.join(" and ")}: one field of ` +
        `${parent.name} for each field of the foreign key, in its order.`,
    );
  }
  for (const name of references) {
    if (!parent.hasField(name)) {
      throw new SchemaError(
        `${where}: { references } names ${parent.name}.${name}, which is no field of ${parent.name}.` +
          suggest(
            name,
            parent.fields.map((field) => field.name),
          ),
      );
    }
    const { virtual, type } = parent.field(name);
    if (!virtual && type.toKey !== undefined) continue;
    throw new SchemaError(
      `${where}: { references } names ${parent.name}.${name}, which ${virtual ? "is virtual and not stored" : `is of type "${type.name}" and has no order`}, so ` +
        "no unique index tells whose it is. Name a stored field with an order.",
    );
  }
  return references;
}

/** Whether these fields are what records are found by, so that no index is needed. */
export const isOwnKey = (info: SchemaInfo, fields: readonly string[]): boolean =>
  info.keyFields.length === fields.length && info.keyFields.every(({ name }, at) => name === fields[at]);
