/** Rules that a value, or each item of a list, is or is not one of given values. */

import { ChangesetError } from "../../errors.js";
import { equalValues, type FieldType, showValue } from "../../schema/index.js";
import type { ChangesetState } from "../state/index.js";
import { noteValidation, validateChange } from "./validate-change.js";

/** Options of rules that have a message alone. */
export interface MessageOptions {
  /** The message of the error; each rule says its default. */
  readonly message?: string;
}

function has(type: FieldType, list: readonly unknown[], value: unknown): boolean {
  return list.some((item) => equalValues(type, item, value));
}

/** The value is one of the list. */
export function validateInclusion(
  state: ChangesetState,
  name: string,
  list: readonly unknown[],
  { message = "is invalid" }: MessageOptions,
): ChangesetState {
  return membership(state, name, "inclusion", list, message, (type, value) => has(type, list, value));
}

/** The value is none of the list. */
export function validateExclusion(
  state: ChangesetState,
  name: string,
  list: readonly unknown[],
  { message = "is reserved" }: MessageOptions,
): ChangesetState {
  return membership(state, name, "exclusion", list, message, (type, value) => !has(type, list, value));
}

/** Every item of the value is one of the list. */
export function validateSubset(
  state: ChangesetState,
  name: string,
  list: readonly unknown[],
  { message = "has an invalid entry" }: MessageOptions,
): ChangesetState {
  return membership(state, name, "subset", list, message, (type, value) => {
    if (!Array.isArray(value)) throw new ChangesetError(`validateSubset("${name}") works on lists only.`);
    // The type of the field is that of the whole list: one item is compared as a list of one.
    return value.every((item) => list.some((allowed) => equalValues(type, [allowed], [item])));
  });
}

function membership(
  state: ChangesetState,
  name: string,
  validation: string,
  list: readonly unknown[],
  message: string,
  holds: (type: FieldType, value: unknown) => boolean,
): ChangesetState {
  const { type } = state.fields.field(name);
  if (!Array.isArray(list)) {
    throw new ChangesetError(
      `The values allowed or refused for "${name}" are a list, not ${showValue(list)}.`,
    );
  }
  const checked = validateChange(state, name, (_, value) =>
    holds(type, value) ? null : { message, meta: { validation, enum: list } },
  );
  return noteValidation(checked, name, validation, { enum: list });
}
