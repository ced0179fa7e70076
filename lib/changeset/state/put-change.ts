/** Sets, forces, updates and drops the change of a single field. */

import { ChangesetError } from "../../errors.js";
import { detached } from "../../schema/index.js";
import { hasValue } from "./has-value.js";
import type { ChangesetState } from "./state.js";

/** Sets a change, or removes it when the data has that value already. */
export function putChange(state: ChangesetState, name: string, value: unknown): ChangesetState {
  state.fields.field(name);
  const given = own(state, name, value);
  if (hasValue(state, name, value)) return deleteChange(state, name);
  return { ...state, changes: { ...state.changes, [name]: given } };
}

/** Sets a change even when the data has that value. */
export function forceChange(state: ChangesetState, name: string, value: unknown): ChangesetState {
  state.fields.field(name);
  return { ...state, changes: { ...state.changes, [name]: own(state, name, value) } };
}

export function deleteChange(state: ChangesetState, name: string): ChangesetState {
  if (!Object.hasOwn(state.changes, name)) return state;
  const { [name]: _, ...changes } = state.changes;
  return { ...state, changes };
}

/** Changes a change; a field without one stays as it is. */
export function updateChange(
  state: ChangesetState,
  name: string,
  change: (value: unknown) => unknown,
): ChangesetState {
  state.fields.field(name);
  return Object.hasOwn(state.changes, name) ? putChange(state, name, change(state.changes[name])) : state;
}

/** The value as the changeset holds it: nobody else can change it in place. */
function own(state: ChangesetState, name: string, value: unknown): unknown {
  if (value !== undefined) return copyOf(value);
  throw new ChangesetError(
    `The change of ${state.fields.name}.${name} is undefined, usually a variable that was never set. ` +
      "Write null for an empty value, or leave the field out.",
  );
}

/** A value whose getters throw is no value of any type, which the write says in its own words. */
function copyOf(value: unknown): unknown {
  try {
    return detached(value);
  } catch {
    return value;
  }
}
