/** Finds the two foreign keys of the schema between those of a many-to-many relation. */

import { SchemaError } from "../../errors.js";
import type { JoinDefinition } from "./registry.js";
import { referencedFields } from "./relation-fields.js";
import type { HeldKey, JoinInfo, KeyedAssociation, SchemaInfo } from "./schema-info.js";
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
    for (const key of keys.flat()) {
      if (schema.hasField(key)) continue;
      throw new SchemaError(
        `${where} is joined by ${schema.name}.${key}, which is no field of ${schema.name}.` +
          suggest(
            key,
            schema.fields.map((field) => field.name),
          ),
      );
    }
    return made(
      where,
      schema,
      options,
      named(where, schema, owner, keys[0]),
      named(where, schema, target, keys[1]),
    );
  }
  if (owner.source === target.source) {
    throw new SchemaError(unclear(where, schema, `both are keys of ${owner.name}`));
  }
  return made(where, schema, options, keyTo(where, schema, owner), keyTo(where, schema, target));
}

function made(
  where: string,
  schema: SchemaInfo,
  options: Pick<JoinInfo, "where" | "defaults" | "unique">,
  owner: HeldKey,
  target: HeldKey,
): JoinInfo {
  if (nameOf(owner.foreignKeys) === nameOf(target.foreignKeys))
    throw new SchemaError(unclear(where, schema, "one field cannot hold both"));
  const [ownerKey = ""] = owner.foreignKeys;
  const [targetKey = ""] = target.foreignKeys;
  return Object.freeze({ schema, ownerKey, targetKey, owner, target, ...options });
}

const nameOf = (fields: readonly string[]): string => fields.join(" and ");

/** The key that these fields of the join hold: as its own relation by them says, else the key of the records. */
function named(where: string, schema: SchemaInfo, to: SchemaInfo, foreignKeys: readonly string[]): HeldKey {
  const own = held(schema, to).get(nameOf(foreignKeys));
  if (own !== undefined) return own;
  return Object.freeze({ foreignKeys, references: referencedFields(where, to, foreignKeys, undefined) });
}

/** What the relations from either side say that records of the join hold of a schema, by the names of the fields. */
function held(schema: SchemaInfo, to: SchemaInfo): ReadonlyMap<string, HeldKey> {
  const keys = new Map<string, HeldKey>();
  const add = ({ foreignKeys, references }: KeyedAssociation) =>
    keys.set(nameOf(foreignKeys), Object.freeze({ foreignKeys, references: references() }));
  for (const one of schema.associations) {
    if (one.kind === "belongsTo" && one.target().source === to.source) add(one);
  }
  for (const one of to.associations) {
    if (one.kind === "belongsTo" || one.foreignKey === undefined) continue;
    if (one.target().source === schema.source) add(one);
  }
  return keys;
}

/** The one key of a schema that the join holds. */
function keyTo(where: string, schema: SchemaInfo, to: SchemaInfo): HeldKey {
  const keys = held(schema, to);
  const [only] = keys.values();
  if (keys.size === 1 && only !== undefined) return only;
  if (keys.size > 1)
    throw new SchemaError(unclear(where, schema, `${[...keys.keys()].join(" and ")} both are`));
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
