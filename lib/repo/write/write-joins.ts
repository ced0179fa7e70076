/** Writes and removes the joins of a record with those of a many-to-many relation. */

import { ConstraintError, InvalidChangesetError, insertOfRecord } from "../../changeset/index.js";
import { PrimaryKeyExistsError, UniqueViolationError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { emptyAst, keyFields, planFor, type QueryAst, runPlan, withWhere } from "../../query/index.js";
import { buildRecord, equalValues, type ManyToManyAssociation, type SchemaInfo } from "../../schema/index.js";
import { deleteWithDependents, type Gone } from "../cascade/index.js";
import { type AnyChangeset, raise, type Values } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import type { JoinGraphs } from "./graph.js";
import { validChangeset } from "./valid.js";
import { type Write, writeOf } from "./write.js";
import { writeRow } from "./write-row.js";

const isEmpty = (value: unknown): boolean => value === null || value === undefined;

/** Removes all joins between a record and others; a join that is gone already is none. */
export async function removeJoins(
  session: Session,
  { info, record }: Write,
  { association, removed }: JoinGraphs,
  gone: Gone,
): Promise<void> {
  if (removed.length === 0) return;
  const { schema, ownerKey, targetKey, where } = association.join();
  const target = association.target();
  const keys = removed.map((one) => one[target.primaryKey.name]);
  const { type } = schema.field(targetKey);
  const all = emptyAst(schema.source, schema);
  const counting = where === undefined ? all : withWhere(all, where);
  const held = { field: ownerKey, op: "eq", value: record[info.primaryKey.name] } as const;
  const ast: QueryAst = Object.freeze({
    ...counting,
    where: [held, ...counting.where],
    select: { fields: [...new Set([...keyFields(schema), targetKey])], single: false },
  });
  for (const { record: join } of await runPlan(session.layer, ast, await planFor(session.layer, ast))) {
    const held = (join as Values)[targetKey];
    if (isEmpty(held) || !keys.some((key) => equalValues(type, key, held))) continue;
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
  const { schema, ownerKey, targetKey, defaults } = association.join();
  const attrs = {
    ...defaults,
    [ownerKey]: owner[write.info.primaryKey.name],
    [targetKey]: other[association.target().primaryKey.name],
  };
  const made = insertOfRecord(schema, attrs, (info, given) => buildRecord(info, given as Values));
  const changeset = await validChangeset(made as AnyChangeset, "insert");
  const generated = write.generated?.of(`${association.name} join`, place);
  await writeRow(session, writeOf("insert", changeset, generated), undefined, {
    ...raise,
    explain: (error) => joinedAlready(error, write, association),
  });
}

/** A unique index, or the primary key, of the two keys: the changeset of the owner tells that it is joined already. */
function joinedAlready(
  error: unknown,
  { action, changeset }: Write,
  { name, join }: ManyToManyAssociation,
): InvalidChangesetError | undefined {
  const { schema, ownerKey, targetKey } = join();
  const taken = takenBy(error, schema);
  if (changeset === undefined || taken === undefined) return undefined;
  if (!taken.fields.every((field) => field === ownerKey || field === targetKey)) return undefined;
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
