/** Reads a relation of a changeset, and refuses one whose records were never loaded. */

import { ChangesetError } from "../../errors.js";
import { getMeta } from "../../schema/index.js";
import type { ChangesetState } from "./state.js";

/** The records of a relation, or its changesets. Throws `ChangesetError` when a stored record's were not loaded. */
export function loadedRelation(state: ChangesetState, name: string): unknown {
  if (Object.hasOwn(state.changes, name)) return state.changes[name];
  if (Object.hasOwn(state.data, name)) return state.data[name];
  if (getMeta(state.data)?.state !== "loaded") return null;
  throw new ChangesetError(
    `${state.fields.name}.${name} was not loaded, so it cannot be read, compared or changed. ` +
      `Preload it: await repo.preload(record, "${name}").`,
  );
}
