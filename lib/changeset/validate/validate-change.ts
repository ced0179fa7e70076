/** Runs a rule on the change of a field, and notes for forms which rules apply. */

import { ChangesetError } from "../../errors.js";
import { type ChangesetState, type FieldError, fieldError, type Meta, withErrors } from "../state/index.js";

/** What a rule says: nothing, a message for the field, or errors (of this or another field). */
export type Verdict =
  | string
  | { readonly field?: string; readonly message: string; readonly meta?: Meta }
  | readonly (string | { readonly field?: string; readonly message: string; readonly meta?: Meta })[]
  | null
  | undefined;

/** Runs a rule on the change of a field, when there is one and it is not null. */
export function validateChange(
  state: ChangesetState,
  name: string,
  rule: (field: string, value: unknown) => Verdict,
  meta: Meta = {},
): ChangesetState {
  if (state.fields.info?.hasAssociation(name) !== true) state.fields.field(name);
  if (!Object.hasOwn(state.changes, name)) return state;
  const value = state.changes[name];
  if (value === null || value === undefined) return state;
  return withErrors(state, errorsOf(rule(name, value), name, meta));
}

function errorsOf(verdict: Verdict, name: string, meta: Meta): FieldError[] {
  if (verdict === null || verdict === undefined) return [];
  if (verdict instanceof Promise) {
    throw new ChangesetError(
      `The rule of ${name} returned a promise; rules of validateChange answer at once. Use validateSchema() with an ` +
        "asynchronous class-validator rule, or prepareChanges() for what needs the store.",
    );
  }
  return (Array.isArray(verdict) ? verdict : [verdict]).map((one: Exclude<Verdict, readonly unknown[]>) =>
    typeof one === "string"
      ? fieldError(name, one, meta)
      : fieldError(one?.field ?? name, one?.message ?? "is invalid", { ...meta, ...one?.meta }),
  );
}

/** Notes that a rule applies, for forms. */
export function noteValidation(
  state: ChangesetState,
  field: string,
  validation: string,
  options: Meta,
): ChangesetState {
  return {
    ...state,
    validations: [
      ...state.validations,
      Object.freeze({ field, validation, options: Object.freeze({ ...options }) }),
    ],
  };
}
