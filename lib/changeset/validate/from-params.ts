/** Rules about parameters that need not be fields: acceptance of terms, and confirmation by a second entry. */

import { builtinType } from "../../schema/index.js";
import { findParam } from "../input/index.js";
import { type ChangesetState, type FieldError, fieldError, withErrors } from "../state/index.js";
import { noteValidation } from "./validate-change.js";

/** Options of `validateAcceptance`. */
export interface AcceptanceOptions {
  /** Default "must be accepted". */
  readonly message?: string;
}

/** The parameter, which need not be a field, is a ticked box. Without params (trusted values) there is nothing to tick. */
export function validateAcceptance(
  state: ChangesetState,
  name: string,
  { message = "must be accepted" }: AcceptanceOptions,
): ChangesetState {
  if (state.params.length === 0) return state;
  const param = findParam(state.params, name);
  const cast = param.found && !("broken" in param) ? builtinType("boolean").cast(param.value) : { ok: false };
  const accepted = cast.ok && "value" in cast && cast.value === true;
  const errors = accepted ? [] : [fieldError(name, message, { validation: "acceptance" })];
  return noteValidation(withErrors(state, errors), name, "acceptance", {});
}

/** Options of `validateConfirmation`. */
export interface ConfirmationOptions {
  /** Default "does not match confirmation". */
  readonly message?: string;
  /** Whether the second entry must be there; default: false. */
  readonly required?: boolean;
}

/** `nameConfirmation` among the params, when it is there, repeats `name`. */
export function validateConfirmation(
  state: ChangesetState,
  name: string,
  { message = "does not match confirmation", required = false }: ConfirmationOptions,
): ChangesetState {
  if (state.params.length === 0) return state;
  const repeated = `${name}Confirmation`;
  const first = findParam(state.params, name);
  const second = findParam(state.params, repeated);
  const errors: FieldError[] = [];
  if (!second.found) {
    if (required) errors.push(fieldError(repeated, "can't be blank", { validation: "required" }));
  } else if ("broken" in second || !first.found || "broken" in first || first.value !== second.value) {
    errors.push(fieldError(repeated, message, { validation: "confirmation" }));
  }
  return noteValidation(withErrors(state, errors), name, "confirmation", { required });
}
