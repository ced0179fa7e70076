/** Reads fields, relations and embeds of a changeset as they will be with its changes. */

import {
  applyState,
  type ChangesetState,
  currentValue,
  emptyState,
  fieldsOfSchema,
  isChangeset,
  isLeaving,
  loadedRelation,
  stateOf,
  type Wrap,
} from "../state/index.js";
import { readableRelation } from "./relation.js";

function toRecord(value: unknown): unknown {
  return isChangeset(value) ? applyState(stateOf(value)) : value;
}

/** The value of a field or embed with its changes. */
export function readField(state: ChangesetState, name: string): unknown {
  state.fields.field(name);
  const value = currentValue(state, name);
  if (Array.isArray(value) && value.some(isChangeset))
    return value.filter((one) => !isLeaving(one)).map(toRecord);
  return isLeaving(value) ? null : toRecord(value);
}

/** The records, or the changesets, of a relation or embed; those that will be there no longer left out. */
export function readRelation(
  state: ChangesetState,
  name: string,
  what: "assoc" | "embed",
  as: "record" | "changeset",
  wrap: Wrap,
): unknown {
  const { many, target } = readableRelation(state, name, what);
  const value = what === "assoc" ? loadedRelation(state, name) : currentValue(state, name);
  const list = (
    Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]
  ) as object[];
  const kept = list
    .filter((one) => !isLeaving(one))
    .map((one) => {
      if (as === "record") return toRecord(one);
      return isChangeset(one) ? one : wrap(emptyState(fieldsOfSchema(target), one));
    });
  return many ? kept : (kept[0] ?? null);
}
