/** What the Repo asks of a changeset beyond its public properties. */

import { Changeset } from "./changeset.js";
import { type RelationWrites, relationWrites } from "./relation/index.js";
import { changedValues as changesOf, nestedIn, type PrepareFunction, stateOf } from "./state/index.js";

export type { RelationWrite, RelationWrites } from "./relation/index.js";

/** The changed fields as the Repo writes them: embeds as records, relations left out. */
export function changedValues(changeset: object): Readonly<Record<string, unknown>> {
  return changesOf(stateOf(changeset));
}

/** The related records to write before and after the changeset's own. */
export function writesOfRelations(changeset: object): RelationWrites {
  return relationWrites(stateOf(changeset), (state) => new Changeset<object>(state));
}

/** The functions of `prepareChanges`, in their order. */
export function preparesOf(changeset: object): readonly PrepareFunction[] {
  return stateOf(changeset).prepare;
}

/** Whether any rule has to be waited for with `validated()`, those included that only might be asynchronous. */
export function hasPendingRules(changeset: object): boolean {
  return stateOf(changeset).pending.length > 0;
}

/** The record of a changeset and those of the changesets inside it. */
export function recordsOf(changeset: object): readonly object[] {
  const { data, changes } = stateOf(changeset);
  return [data, ...Object.values(changes).flatMap(nestedIn).flatMap(recordsOf)];
}
