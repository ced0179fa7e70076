import { ChangesetError } from "../../errors.js";
import { getMeta } from "../../schema/index.js";
import { type ChangesetState, currentValue, fieldError, isBlank, isLeaving } from "../state/index.js";

export interface RequiredOptions {
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

/** The records of a relation, or its changesets. Throws `ChangesetError` when a stored record's were not loaded. */
export function loadedRelation(state: ChangesetState, name: string): unknown {
  if (Object.hasOwn(state.changes, name)) return state.changes[name];
  if (Object.hasOwn(state.data, name)) return state.data[name];
  if (getMeta(state.data)?.state !== "loaded") return null;
  throw new ChangesetError(
    `${state.fields.name}.${name} was not loaded, so it cannot be compared or changed. ` +
      `Preload it: await repo.preload(record, "${name}").`,
  );
}
