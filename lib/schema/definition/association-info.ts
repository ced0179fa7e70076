/** Makes the info of a relation out of what its decorator declared; what it says of other schemas is checked on first use. */

import { SchemaError } from "../../errors.js";
import type { SchemaClass } from "./brands.js";
import { checkRelationFields } from "./check-relation-fields.js";
import { joinInfo } from "./join-info.js";
import type { AssociationDefinition } from "./registry.js";
import type { AssociationInfo, SchemaInfo } from "./schema-info.js";
import { suggest } from "./suggest.js";

/** Gives a function that resolves a class which may not exist yet. */
export type Resolve = (schema: string, property: string, target: () => SchemaClass) => () => SchemaInfo;

export function associationInfo(
  owner: () => SchemaInfo,
  definition: AssociationDefinition,
  ownerName: string,
  resolve: Resolve,
): AssociationInfo {
  const { name, kind, foreignKey, through, join, onReplace, onDelete } = definition;
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
      through,
      join: undefined,
    });
  }
  const key = foreignKey as string;
  const target = once(() => {
    if (kind !== "belongsTo") checkForeignKey(ownerName, definition, key, related());
    checkRelationFields(relation, related(), definition);
    refuseComposite(ownerName, name, kind === "belongsTo" ? related() : owner());
    return related();
  });
  return Object.freeze({
    ...common,
    kind,
    cardinality,
    target,
    foreignKey: key,
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

/** One foreign key cannot name a record that is found by several values. */
function refuseComposite(owner: string, relation: string, parent: SchemaInfo): void {
  if (parent.partitionBy !== undefined || parent.keyFields.length < 2) return;
  const names = parent.keyFields.map((field) => field.name);
  throw new SchemaError(
    `${owner}.${relation} relates by one foreign key to ${parent.name}, whose key is ${names.join(" and ")}. Read the other side by ` +
      `its key, repo.get(${parent.name}, { ${names.join(", ")} }), or by a query of the fields that hold it; or give ` +
      `${parent.name} a primary key of one field, and a unique index on ${names.join(" and ")}.`,
  );
}

function checkForeignKey(
  owner: string,
  { name, onDelete }: AssociationDefinition,
  foreignKey: string,
  related: SchemaInfo,
): void {
  if (!related.hasField(foreignKey)) {
    throw new SchemaError(
      `${owner}.${name} relates by ${related.name}.${foreignKey}, which is no field of ${related.name}. ` +
        `Write @Field("binary_id") declare ${foreignKey}: string in ${related.name}, or correct the name.` +
        suggest(
          foreignKey,
          related.fields.map((field) => field.name),
        ),
    );
  }
  if (onDelete === "nilifyAll" && !canBeNull(related, foreignKey)) {
    throw new SchemaError(
      `${owner}.${name} has { onDelete: "nilifyAll" }, and ${related.name}.${foreignKey} cannot be null. Declare it with ` +
        `"| null" (@Field("binary_id") declare ${foreignKey}: string | null), or write { onDelete: "deleteAll" }.`,
    );
  }
}

function canBeNull(info: SchemaInfo, name: string): boolean {
  const field = info.field(name);
  if (info.keyFields.includes(field)) return false;
  return !("required" in field && field.required === true);
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
