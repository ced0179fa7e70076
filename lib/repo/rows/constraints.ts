/** Decides the constraints of a changeset by reads in the transaction, before anything is written. */

import {
  type AssocConstraint,
  type CheckConstraint,
  type Constraint,
  type ForeignKeyConstraint,
  InvalidChangesetError,
  type NoAssocConstraint,
  type UniqueConstraint,
} from "../../changeset/index.js";
import { UnsupportedQueryError } from "../../errors.js";
import { dataKey, type IndexInfo, layoutOf, metadataOf, unbuiltIndexes } from "../../layer/index.js";
import { type Condition, emptyAst, planFor, type QueryAst, runPlan } from "../../query/index.js";
import { isOwnKey, keyValues, type SchemaInfo, schemaOf } from "../../schema/index.js";
import { heldBy, holderOf, keyOfId, requireReferenced } from "../related/index.js";
import type { Session } from "../transaction/index.js";
import { sameFields } from "./same-fields.js";
import type { AnyChangeset, Values } from "./values.js";

type Failure = { readonly field: string; readonly message: string; readonly meta: Record<string, unknown> };

/**
 * The checks of an update are {@link checkMerged}'s.
 *
 * @param record as it will be stored (as it is, for a delete)
 * @throws InvalidChangesetError with every rule that failed
 */
export async function checkConstraints(
  session: Session,
  info: SchemaInfo,
  changeset: AnyChangeset | undefined,
  record: Values,
  action: "insert" | "update" | "delete",
): Promise<void> {
  if (changeset === undefined || changeset.constraints.length === 0) return;
  const checks = changeset.constraints.map((constraint) =>
    checkOne(session, info, changeset, constraint, record, action),
  );
  let failed = changeset;
  let failures = 0;
  for (const failure of await Promise.all(checks)) {
    if (failure === undefined) continue;
    failures++;
    failed = failed.addError(failure.field, failure.message, failure.meta);
  }
  if (failures > 0) throw new InvalidChangesetError(failed.putAction(action), action);
}

/**
 * Decides the check constraints of an update on the record that will be stored: others may have changed the fields
 * that the changeset leaves alone.
 *
 * @throws InvalidChangesetError with every check that failed
 */
export function checkMerged(changeset: AnyChangeset, record: Values): void {
  let failed = changeset;
  let failures = 0;
  for (const constraint of failed.constraints) {
    const failure = constraint.type === "check" ? checkFailure(constraint, record) : undefined;
    if (failure === undefined) continue;
    failures++;
    failed = failed.addError(failure.field, failure.message, failure.meta);
  }
  if (failures > 0) throw new InvalidChangesetError(failed.putAction("update"), "update");
}

/** The fields of an index by the names that they have in this class; registrations keep the names of their time. */
const propertiesOf = (info: SchemaInfo, { stored, fields }: IndexInfo): readonly string[] =>
  stored.map((key, i) => layoutOf(info).nameOf(key) ?? fields[i]!);

/** A rule without its index would never refuse anything. */
async function requireUniqueIndex(
  session: Session,
  info: SchemaInfo,
  { fields, name }: UniqueConstraint,
): Promise<void> {
  if (
    sameFields(
      fields,
      layoutOf(info).keyFields.map((field) => field.name),
    )
  )
    return;
  const { indexes } = await metadataOf(session.layer, info.source);
  const found = indexes.some(
    (one) =>
      one.unique && (name === undefined ? sameFields(propertiesOf(info, one), fields) : one.name === name),
  );
  if (found) return;
  const unbuilt = await unbuiltIndexes(session.layer, info.source, fields);
  throw new UnsupportedQueryError(
    `The changeset of ${info.name} declares uniqueConstraint(${JSON.stringify(fields)}), and no unique index enforces it. ` +
      `Write into a migration: create(index(${info.name}, ${JSON.stringify(fields)}, { unique: true })).${unbuilt}`,
  );
}

async function rowExists(
  session: Session,
  info: SchemaInfo,
  references: readonly string[],
  key: readonly unknown[],
): Promise<boolean> {
  const { layer } = session;
  if (isOwnKey(info, references) || info.keyFields.length > references.length) {
    const at = dataKey(layer, info, keyOfId(info, key.length === 1 ? key[0] : key));
    return (await layer.tx.get(at)) !== undefined;
  }
  await requireReferenced(layer, info, references);
  return (await someRow(session, info, heldBy(references, key))).length > 0;
}

function someRow(session: Session, schema: SchemaInfo, where: readonly Condition[]) {
  const ast: QueryAst = Object.freeze({
    ...emptyAst(schema.source, schema),
    where,
    select: { fields: [schema.primaryKey.name], single: true },
    limit: 1,
  });
  return planFor(session.layer, ast).then((plan) => runPlan(session.layer, ast, plan));
}

async function checkParent(
  session: Session,
  constraint: ForeignKeyConstraint | AssocConstraint,
  record: Values,
): Promise<Failure | undefined> {
  const { foreignKeys } = constraint;
  const key = keyValues(record, foreignKeys);
  if (key === null) return undefined;
  if (await rowExists(session, schemaOf(constraint.target()), constraint.references(), key)) return undefined;
  return {
    field: constraint.field,
    message: constraint.message,
    meta: { constraint: constraint.type, name: foreignKeys.join("_") },
  };
}

async function checkChildren(
  session: Session,
  info: SchemaInfo,
  constraint: NoAssocConstraint,
  record: Values,
): Promise<Failure | undefined> {
  const association = info.association(constraint.association);
  const holder = holderOf(association);
  // What goes with the record is none that is left behind.
  if (holder === undefined || association.onDelete !== "nothing") return undefined;
  const { schema, foreignKeys, references } = holder;
  const key = keyValues(record, references);
  if (key === null || (await someRow(session, schema, heldBy(foreignKeys, key))).length === 0)
    return undefined;
  return {
    field: constraint.field,
    message: constraint.message,
    meta: { constraint: "noAssoc", name: constraint.association },
  };
}

function checkFailure(constraint: CheckConstraint, record: Values): Failure | undefined {
  if (constraint.check(record)) return undefined;
  const { field, message, name } = constraint;
  return { field, message, meta: { constraint: "check", name } };
}

const changesKey = (changeset: AnyChangeset, foreignKeys: readonly string[]) =>
  foreignKeys.some((field) => Object.hasOwn(changeset.changes, field));

async function checkOne(
  session: Session,
  info: SchemaInfo,
  changeset: AnyChangeset,
  constraint: Constraint,
  record: Values,
  action: "insert" | "update" | "delete",
): Promise<Failure | undefined> {
  switch (constraint.type) {
    case "unique":
      if (action !== "delete") await requireUniqueIndex(session, info, constraint);
      return undefined;
    case "foreignKey":
    case "assoc":
      if (action === "delete" || (action === "update" && !changesKey(changeset, constraint.foreignKeys)))
        return undefined;
      return checkParent(session, constraint, record);
    case "noAssoc":
      return action === "delete" ? checkChildren(session, info, constraint, record) : undefined;
    case "check":
      return action === "insert" ? checkFailure(constraint, record) : undefined;
    case "optimisticLock":
      return undefined;
  }
}
