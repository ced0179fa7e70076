/** Writes and removes the joins of a record with those of a many-to-many relation. */

import { ConstraintError, InvalidChangesetError, insertOfRecord } from "../../changeset/index.js";
import { InvalidOptionsError, PrimaryKeyExistsError, UniqueViolationError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { emptyAst, keyFields, planFor, type QueryAst, runPlan, withWhere } from "../../query/index.js";
import {
  buildRecord,
  equalValues,
  holdsKey,
  type JoinInfo,
  keyValues,
  type ManyToManyAssociation,
  type SchemaInfo,
  showValue,
} from "../../schema/index.js";
import { deleteWithDependents, type Gone } from "../cascade/index.js";
import { heldBy } from "../related/index.js";
import { type AnyChangeset, raise, type Values } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import type { JoinGraphs } from "./graph.js";
import { validChangeset } from "./valid.js";
import { type Write, writeOf } from "./write.js";
import { writeRow } from "./write-row.js";

/** Removes all joins between a record and others; a join that is gone already is none. */
export async function removeJoins(
  session: Session,
  { record }: Write,
  { association, removed }: JoinGraphs,
  gone: Gone,
): Promise<void> {
  if (removed.length === 0) return;
  const { schema, owner, target, where } = association.join();
  const keys = removed.map((one) => keyValues(one, target.references));
  const all = emptyAst(schema.source, schema);
  const counting = where === undefined ? all : withWhere(all, where);
  const own = owner.references.map((name) => record[name]);
  const ast: QueryAst = Object.freeze({
    ...counting,
    where: [...heldBy(owner.foreignKeys, own), ...counting.where],
    select: { fields: [...new Set([...keyFields(schema), ...target.foreignKeys])], single: false },
  });
  for (const { record: join } of await runPlan(session.layer, ast, await planFor(session.layer, ast))) {
    if (!keys.some((key) => key !== null && holdsKey(schema, target.foreignKeys, join as Values, key)))
      continue;
    await deleteWithDependents(
      session,
      schema as SchemaInfo<Values>,
      buildRecord(schema, join as Values) as Values,
      undefined,
      gone,
    );
  }
}

/**
 * Joins a record with another one; the other fields of the join get their defaults, and the rules of its class hold.
 *
 * @param place among the records of the relation
 * @throws InvalidChangesetError of the owner, when a unique index has that join already
 */
export async function writeJoin(
  session: Session,
  write: Write,
  association: ManyToManyAssociation,
  owner: Values,
  other: Values,
  place: number,
): Promise<void> {
  const join = association.join();
  const { schema } = join;
  const attrs = { ...join.defaults, ...keysOfJoin(association.name, join, owner, other) };
  const made = insertOfRecord(schema, attrs, (info, given) => buildRecord(info, given as Values));
  const changeset = await validChangeset(made as AnyChangeset, "insert");
  const generated = write.generated?.of(`${association.name} join`, place);
  await writeRow(session, writeOf("insert", changeset, generated), undefined, {
    ...raise,
    explain: (error) => joinedAlready(error, write, association),
  });
}

/** @throws InvalidOptionsError when the two keys have a field in common, and not its value */
function keysOfJoin(relation: string, { schema, owner, target }: JoinInfo, from: Values, to: Values): Values {
  const keys: Values = {};
  for (const [at, field] of owner.foreignKeys.entries()) keys[field] = from[owner.references[at]!];
  for (const [at, field] of target.foreignKeys.entries()) {
    const value = to[target.references[at]!];
    if (Object.hasOwn(keys, field) && !equalValues(schema.field(field).type, keys[field], value)) {
      throw new InvalidOptionsError(
        `A ${schema.name} of ${relation} joins records by ${field}, which both have, and they differ in it: ${showValue(keys[field])} ` +
          `and ${showValue(value)}. Join records that have it in common.`,
      );
    }
    keys[field] = value;
  }
  return keys;
}

/** A unique index, or the primary key, of the two keys: the changeset of the owner tells that it is joined already. */
function joinedAlready(
  error: unknown,
  { action, changeset }: Write,
  { name, join }: ManyToManyAssociation,
): InvalidChangesetError | undefined {
  const { schema, owner, target } = join();
  const held = [...owner.foreignKeys, ...target.foreignKeys];
  const taken = takenBy(error, schema);
  if (changeset === undefined || taken === undefined) return undefined;
  if (!taken.fields.every((field) => held.includes(field))) return undefined;
  const marked = changeset.addError(name, "has already been taken", {
    constraint: "unique",
    name: taken.name,
  });
  return new InvalidChangesetError(marked.putAction(action), action);
}

function takenBy(
  error: unknown,
  schema: SchemaInfo,
): { readonly name: string; readonly fields: readonly string[] } | undefined {
  if (error instanceof ConstraintError && error.cause instanceof UniqueViolationError)
    return { name: error.cause.index, fields: error.cause.fields };
  if (!(error instanceof PrimaryKeyExistsError)) return undefined;
  return { name: "primary", fields: layoutOf(schema).keyFields.map((field) => field.name) };
}
