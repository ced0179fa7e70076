/** Merges two changesets of one record; where both change a field, the second wins. */

import { ChangesetError } from "../../errors.js";
import type { ChangesetState } from "./state.js";

function union<T>(a: readonly T[], b: readonly T[]): T[] {
  return [...new Set([...a, ...b])];
}

export function mergeStates(a: ChangesetState, b: ChangesetState): ChangesetState {
  if (a.data !== b.data) {
    throw new ChangesetError(
      "Two changesets can only be merged when they start from the same record (the same object); these do not.",
    );
  }
  if (a.action !== null && b.action !== null && a.action !== b.action) {
    throw new ChangesetError(`A changeset to ${a.action} cannot be merged with one to ${b.action}.`);
  }
  return {
    fields: a.fields,
    data: a.data,
    params: union(b.params, a.params),
    changes: { ...a.changes, ...b.changes },
    errors: union(a.errors, b.errors),
    required: union(a.required, b.required),
    action: a.action ?? b.action,
    validations: union(a.validations, b.validations),
    constraints: union(a.constraints, b.constraints),
    prepare: union(a.prepare, b.prepare),
    pending: union(a.pending, b.pending),
    touch: a.touch === true || b.touch === true,
    filled: union(a.filled ?? [], b.filled ?? []),
  };
}
