/** The rule that fields, relations and embeds have a value. */

import { isBlank } from "../input/index.js";
import { type ChangesetState, currentValue, fieldError, isLeaving, loadedRelation } from "../state/index.js";

/** Options of `validateRequired`. */
export interface RequiredOptions {
  /** Default "can't be blank". */
  readonly message?: string;
  /** Whether a string of white space is missing; default: true. */
  readonly trim?: boolean;
}

/** Every field has a value, in the changes or in the data; a missing one is reported once. */
export function validateRequired(
  state: ChangesetState,
  names: readonly string[],
  { message = "can't be blank", trim = true }: RequiredOptions,
): ChangesetState {
  const failed = names.filter(
    (name) => isMissing(state, name, trim) && !state.errors.some((error) => error.field === name),
  );
  const changes = Object.fromEntries(
    Object.entries(state.changes).filter(([name]) => !failed.includes(name)),
  );
  return {
    ...state,
    changes,
    required: [...new Set([...state.required, ...names])],
    errors: [...state.errors, ...failed.map((name) => fieldError(name, message, { validation: "required" }))],
  };
}

/** Whether a field, relation or embed has no value. */
export function isMissing(state: ChangesetState, name: string, trim = true): boolean {
  const { info } = state.fields;
  if (info?.hasAssociation(name) === true) {
    return isMissingRelation(loadedRelation(state, name));
  }
  state.fields.field(name);
  const value = currentValue(state, name);
  if (info?.hasEmbed(name) === true) return isMissingRelation(value);
  return value === null || (typeof value === "string" && (trim ? isBlank(value) : value === ""));
}

function isMissingRelation(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isLeaving);
  return value === null || value === undefined || isLeaving(value);
}
