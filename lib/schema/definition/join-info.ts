/** Finds the two foreign keys of the schema between those of a many-to-many relation. */

import { SchemaError } from "../../errors.js";
import type { JoinDefinition } from "./registry.js";
import type { JoinInfo, SchemaInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

/**
 * @param join as the decorator has it; without keys, they are those that the relations between the schemas say
 * @throws SchemaError
 */
export function joinInfo(
  owner: SchemaInfo,
  name: string,
  target: SchemaInfo,
  schema: SchemaInfo,
  join: Omit<JoinDefinition, "schema">,
): JoinInfo {
  const { keys, where: conditions, defaults, unique = false } = join;
  const options = { where: conditions, defaults, unique };
  const where = `${owner.name}.${name}`;
  if (keys !== undefined) {
    for (const key of keys) {
      if (schema.hasField(key)) continue;
      throw new SchemaError(
        `${where} is joined by ${schema.name}.${key}, which is no field of ${schema.name}.` +
          suggest(
            key,
            schema.fields.map((field) => field.name),
          ),
      );
    }
    const [ownerKey, targetKey] = keys;
    if (ownerKey === targetKey) throw new SchemaError(unclear(where, schema, "one field cannot hold both"));
    return Object.freeze({ schema, ownerKey, targetKey, ...options });
  }
  if (owner.source === target.source) {
    throw new SchemaError(unclear(where, schema, `both are keys of ${owner.name}`));
  }
  const ownerKey = keyTo(where, schema, owner);
  const targetKey = keyTo(where, schema, target);
  if (ownerKey === targetKey) throw new SchemaError(unclear(where, schema, "one field cannot hold both"));
  return Object.freeze({ schema, ownerKey, targetKey, ...options });
}

/** The one field of the join that holds keys of a schema, as a relation from either side says. */
function keyTo(where: string, schema: SchemaInfo, to: SchemaInfo): string {
  const keys = new Set<string>();
  for (const { kind, foreignKey, target } of schema.associations) {
    if (kind === "belongsTo" && target().source === to.source) keys.add(foreignKey);
  }
  for (const { kind, foreignKey, target } of to.associations) {
    if (kind !== "belongsTo" && foreignKey !== undefined && target().source === schema.source)
      keys.add(foreignKey);
  }
  const [only] = keys;
  if (keys.size === 1 && only !== undefined) return only;
  if (keys.size > 1) throw new SchemaError(unclear(where, schema, `${[...keys].join(" and ")} both are`));
  const key = `${to.name[0]?.toLowerCase()}${to.name.slice(1)}`;
  throw new SchemaError(
    `${where} is joined by ${schema.name}, and nothing says which field of it holds the key of a ${to.name}. Write in ` +
      `${schema.name}: @BelongsTo(() => ${to.name}, "${key}Id") declare ${key}: BelongsTo<${to.name}>; or name both fields ` +
      `at the relation: { through: () => ${schema.name}, joinKeys: ["…Id", "…Id"] }.`,
  );
}

const unclear = (where: string, schema: SchemaInfo, why: string): string =>
  `${where} is joined by two fields of ${schema.name}, and it is not clear which: ${why}. Name them, the key of this side ` +
  `first: { through: () => ${schema.name}, joinKeys: ["followerId", "followedId"] }.`;
