/** What the Repo asks of a changeset beyond its public properties. */

import type { SchemaInfo } from "../schema/index.js";
import { type Changeset, changesetOf } from "./changeset.js";
import {
  type MakeRecord,
  plainInsert,
  type RelationWrites,
  relationWrites,
  takeRecord,
  withRelationsOfData as withData,
} from "./relation/index.js";
import { changedValues as changesOf, nestedInAll, type PrepareFunction, stateOf } from "./state/index.js";
import { firstMissing, type MissingField, requireDeclared } from "./validate/index.js";

export type { RelationWrites } from "./relation/index.js";
export { type MissingField, missingIn } from "./validate/index.js";

/** The changed fields as the Repo writes them: embeds as records, relations left out. */
export function changedValues(changeset: object): Readonly<Record<string, unknown>> {
  return changesOf(stateOf(changeset));
}

/** The related records to write before and after the changeset's own. */
export function writesOfRelations(changeset: object): RelationWrites {
  const state = stateOf(changeset);
  return state.fields.info?.associations.length === 0 ? noWrites : relationWrites(state, changesetOf);
}

const noWrites: RelationWrites = Object.freeze({ leaving: [], parents: [], children: [], joins: [] });

/**
 * The changeset of a new record that was given without one, with those of all that is related to it.
 *
 * @param make gives the records to insert
 * @throws InvalidOptionsError, UnknownFieldError
 */
export function insertOfRecord(info: SchemaInfo, given: object, make: MakeRecord): Changeset<object> {
  return changesetOf(plainInsert(info, given, { wrap: changesetOf, make }));
}

/**
 * The changeset with what the data of new records is related to among its changes, on every level.
 *
 * @throws InvalidOptionsError, UnknownFieldError
 */
export function withRelationsOfData<C extends object>(changeset: C, action: string): C {
  const state = stateOf(changeset);
  const next = withData(state, action === "insert", { wrap: changesetOf, make: takeRecord });
  return next === state ? changeset : (changesetOf(next) as unknown as C);
}

/** The changeset with an error for every field declared without null that it leaves empty; at every level. */
export function withDeclaredFields<C extends object>(changeset: C, action: string): C {
  const state = stateOf(changeset);
  const next = requireDeclared(state, action === "insert", changesetOf);
  return next === state ? changeset : (changesetOf(next) as unknown as C);
}

/** The first of those fields that {@link withDeclaredFields} has marked, on whatever level. */
export function missingField(changeset: object): MissingField | undefined {
  return firstMissing(stateOf(changeset));
}

/** Whether `castAssoc` has changed related records, with which the time of the record's change moves. */
export function touchesOwner(changeset: object): boolean {
  return stateOf(changeset).touch === true;
}

/** Whether the delete that a changeset asks for is no failure when its record is gone. */
export function deletesIfExists(changeset: object): boolean {
  return stateOf(changeset).ifExists === true;
}

/** The functions of `prepareChanges`, in their order. */
export function preparesOf(changeset: object): readonly PrepareFunction[] {
  return stateOf(changeset).prepare;
}

/** Whether any rule has to be waited for with `validated()`, those included that only might be asynchronous. */
export function hasPendingRules(changeset: object): boolean {
  return stateOf(changeset).pending.length > 0;
}

/** Whether there is a rule, of the changeset or of those inside it, that `validated()` decides. */
export function isUndecided(changeset: object): boolean {
  const { pending, changes } = stateOf(changeset);
  return pending.length > 0 || nestedInAll(changes).length > 0;
}

/** The record of a changeset and those of the changesets inside it. */
export function recordsOf(changeset: object): readonly object[] {
  const { data, changes } = stateOf(changeset);
  const nested = nestedInAll(changes);
  return nested.length === 0 ? [data] : [data, ...nested.flatMap(recordsOf)];
}
