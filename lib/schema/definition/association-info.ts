/** Makes the info of a relation out of what its decorator declared; what it says of other schemas is checked on first use. */

import { SchemaError } from "../../errors.js";
import type { SchemaClass } from "./brands.js";
import { checkRelationFields } from "./check-relation-fields.js";
import { joinInfo } from "./join-info.js";
import type { AssociationDefinition } from "./registry.js";
import { checkForeignKeys, referencedFields } from "./relation-fields.js";
import type { AssociationInfo, SchemaInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

/** Gives a function that resolves a class which may not exist yet. */
export type Resolve = (schema: string, property: string, target: () => SchemaClass) => () => SchemaInfo;

const none: readonly never[] = Object.freeze([]);

export function associationInfo(
  owner: () => SchemaInfo,
  definition: AssociationDefinition,
  ownerName: string,
  resolve: Resolve,
): AssociationInfo {
  const { name, kind, foreignKeys, references: named, through, join, onReplace, onDelete } = definition;
  const { where, preloadOrder, defaults } = definition;
  const related = resolve(ownerName, name, definition.target);
  const common = { name, onReplace, onDelete, where, preloadOrder, defaults } as const;
  const relation = `${ownerName}.${name}`;
  const many = kind === "hasMany" || kind === "manyToMany";
  const cardinality = many ? ("many" as const) : ("one" as const);
  if (kind === "manyToMany") {
    const schema = resolve(ownerName, name, join!.schema);
    const joined = once(() => {
      checkRelationFields(relation, related(), definition);
      checkRelationFields(relation, schema(), { where: join!.where, defaults: join!.defaults });
      return joinInfo(owner(), name, related(), schema(), join!);
    });
    const target = () => {
      joined();
      return related();
    };
    return Object.freeze({
      ...common,
      kind,
      cardinality,
      target,
      foreignKey: undefined,
      foreignKeys: none,
      through: undefined,
      join: joined,
    });
  }
  if (through !== undefined) {
    const target = once(() => {
      checkWay(owner(), name, through, related());
      return related();
    });
    return Object.freeze({
      ...common,
      kind: kind === "hasMany" ? kind : "hasOne",
      cardinality,
      target,
      foreignKey: undefined,
      foreignKeys: none,
      through,
      join: undefined,
    });
  }
  const keys = foreignKeys as readonly string[];
  const references = once(() =>
    referencedFields(relation, kind === "belongsTo" ? related() : owner(), keys, named),
  );
  const target = once(() => {
    if (kind !== "belongsTo") checkForeignKeys(ownerName, definition, keys, related());
    checkRelationFields(relation, related(), definition);
    references();
    return related();
  });
  return Object.freeze({
    ...common,
    kind,
    cardinality,
    target,
    foreignKey: keys[0] as string,
    foreignKeys: keys,
    references,
    through: undefined,
    join: undefined,
  });
}

/** What it gave at its first success; it must not ask for itself. */
function once<T>(decide: () => T): () => T {
  let decided: { readonly value: T } | undefined;
  let deciding = false;
  return () => {
    if (decided !== undefined) return decided.value;
    if (deciding) throw new SchemaError("A relation goes through itself.");
    deciding = true;
    try {
      decided = { value: decide() };
      return decided.value;
    } finally {
      deciding = false;
    }
  };
}

/** Every step is a relation of the schema where the one before it ends, and the last one ends where it was declared. */
function checkWay(owner: SchemaInfo, name: string, through: readonly string[], related: SchemaInfo): void {
  let at = owner;
  for (const step of through) {
    if (!at.hasAssociation(step)) {
      throw new SchemaError(
        `${owner.name}.${name} goes through "${step}", which is no relation of ${at.name}.` +
          suggest(
            step,
            at.associations.map((one) => one.name),
          ),
      );
    }
    try {
      at = at.association(step).target();
    } catch (error) {
      if (!(error instanceof SchemaError) || !error.message.startsWith("A relation goes through itself"))
        throw error;
      throw new SchemaError(
        `${owner.name}.${name} goes through ${through.join(" and ")}, and from there through itself again. ` +
          "Name the relations with foreign keys that lead to the records.",
      );
    }
  }
  if (at.source === related.source) return;
  throw new SchemaError(
    `${owner.name}.${name} goes through ${through.join(" and ")} to ${at.name}, and is declared as a relation to ${related.name}. ` +
      `Write () => ${at.name}, or another way.`,
  );
}
