/** Declares constraints on a changeset: rules that only the store can decide, in the transaction of the write. */

import { ChangesetError } from "../../errors.js";
import {
  type AssociationInfo,
  type KeyedAssociation,
  referencedFields,
  type SchemaClass,
  schemaOf,
} from "../../schema/index.js";
import { type ChangesetState, withConstraint } from "../state/index.js";

/** What constraints have in common: how their error is told. */
export interface ConstraintOptions {
  /** The message of the error; each constraint says its default. */
  readonly message?: string;
  /** The field that gets the error; default: the first field, or the relation. */
  readonly errorKey?: string;
}

/** Options of `uniqueConstraint`. */
export interface UniqueConstraintOptions extends ConstraintOptions {
  /** The name of the unique index; default: the index on exactly these fields. */
  readonly name?: string;
}

/** Options of `foreignKeyConstraint`. */
export interface ForeignKeyConstraintOptions extends ConstraintOptions {
  /** The schema that the key belongs to; default: that of the `@BelongsTo` with this foreign key. */
  readonly target?: () => SchemaClass<object>;
}

export function addUnique(
  state: ChangesetState,
  fields: readonly string[],
  { name, message = "has already been taken", errorKey }: UniqueConstraintOptions,
): ChangesetState {
  const [first] = fields;
  if (first === undefined)
    throw new ChangesetError('uniqueConstraint() needs a field; write .uniqueConstraint("email").');
  for (const field of fields) state.fields.field(field);
  return withConstraint(state, {
    type: "unique",
    fields: Object.freeze([...fields]),
    name,
    field: errorKey ?? first,
    message,
  });
}

export function addForeignKey(
  state: ChangesetState,
  given: string | readonly string[],
  { message = "does not exist", errorKey, target }: ForeignKeyConstraintOptions,
): ChangesetState {
  const foreignKeys: readonly string[] = typeof given === "string" ? [given] : given;
  const [first] = foreignKeys;
  if (first === undefined)
    throw new ChangesetError(
      'foreignKeyConstraint() needs a field; write .foreignKeyConstraint("productId").',
    );
  for (const field of foreignKeys) state.fields.field(field);
  const { name, info } = state.fields;
  const relation = info?.associations.find(
    (one): one is KeyedAssociation =>
      one.kind === "belongsTo" &&
      one.foreignKeys.length === foreignKeys.length &&
      one.foreignKeys.every((field, at) => field === foreignKeys[at]),
  );
  const shown = foreignKeys.length === 1 ? `"${first}"` : JSON.stringify(foreignKeys);
  if (target === undefined && relation === undefined) {
    const around = info?.associations.find((one) => one.foreignKeys.some((field) => field === first));
    throw new ChangesetError(
      `Nothing says whose key ${name}.${foreignKeys.join(" and ")} is. Write @BelongsTo(() => Product, ${shown}), ` +
        `or .foreignKeyConstraint(${shown}, { target: () => Product }).` +
        (around === undefined
          ? ""
          : ` (${name}.${around.name} is by ${around.foreignKeys.join(" and ")} together: name all of them.)`),
    );
  }
  const found = target ?? (() => (relation as KeyedAssociation).target().schema);
  const where = `${name}.foreignKeyConstraint(${shown})`;
  const references =
    target === undefined
      ? (relation as KeyedAssociation).references
      : () => referencedFields(where, schemaOf(target()), foreignKeys, undefined);
  return withConstraint(state, {
    type: "foreignKey",
    foreignKey: first,
    foreignKeys: Object.freeze([...foreignKeys]),
    references,
    target: found,
    field: errorKey ?? first,
    message,
  });
}

export function addAssoc(
  state: ChangesetState,
  name: string,
  { message = "does not exist", errorKey }: ConstraintOptions,
): ChangesetState {
  const relation = association(state, name);
  const { kind, target } = relation;
  if (relation.foreignKey === undefined || kind !== "belongsTo") {
    throw new ChangesetError(
      `${state.fields.name}.${name} is a ${kind}: this record does not hold the key. assocConstraint() is for a belongsTo; ` +
        `to refuse deletes while records of it are left, write .noAssocConstraint("${name}").`,
    );
  }
  return withConstraint(state, {
    type: "assoc",
    association: name,
    foreignKey: relation.foreignKey,
    foreignKeys: relation.foreignKeys,
    references: relation.references,
    target: () => target().schema,
    field: errorKey ?? name,
    message,
  });
}

export function addNoAssoc(state: ChangesetState, name: string, options: ConstraintOptions): ChangesetState {
  const { kind, cardinality, through } = association(state, name);
  if (through !== undefined) {
    throw new ChangesetError(
      `${state.fields.name}.${name} goes through ${through.join(" and ")}: no record of it holds this one's key. Write ` +
        `.noAssocConstraint("${through[0]}").`,
    );
  }
  if (kind === "belongsTo") {
    throw new ChangesetError(
      `${state.fields.name}.${name} is a belongsTo: deleting this record leaves nothing behind. noAssocConstraint() is for ` +
        `hasOne and hasMany; to require that the record exists, write .assocConstraint("${name}").`,
    );
  }
  const usual =
    cardinality === "many" ? "are still associated with this entry" : "is still associated with this entry";
  return withConstraint(state, {
    type: "noAssoc",
    association: name,
    field: options.errorKey ?? name,
    message: options.message ?? usual,
  });
}

function association(state: ChangesetState, name: string): AssociationInfo {
  const { info } = state.fields;
  if (info === undefined) throw new ChangesetError("A changeset without a schema has no relations.");
  return info.association(name);
}

export function addCheck(
  state: ChangesetState,
  field: string,
  check: (record: object) => boolean,
  { name, message = "is invalid", errorKey }: ConstraintOptions & { readonly name?: string },
): ChangesetState {
  if (typeof check !== "function") {
    throw new ChangesetError(
      `checkConstraint("${field}") needs the check itself: .checkConstraint("${field}", { check: (record) => record.stock >= 0 }).`,
    );
  }
  return withConstraint(state, {
    type: "check",
    name: name ?? `${field}_check`,
    check,
    field: errorKey ?? field,
    message,
  });
}
