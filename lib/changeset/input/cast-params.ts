/** Casts the permitted fields of input into the changes of a changeset. */

import { ChangesetError } from "../../errors.js";
import { detached, equalValues, isDate, MAX_ITEMS, showValue } from "../../schema/index.js";
import {
  type ChangesetField,
  type ChangesetState,
  dataValue,
  type FieldError,
  fieldError,
  hasValue,
  withErrors,
} from "../state/index.js";
import { DEFAULT_EMPTY_VALUES, type EmptyValue } from "./empty-values.js";
import { checkParams, type Param, readParam } from "./params.js";

/** Options of `cast`. */
export interface CastOptions {
  /** What counts as "nothing" and becomes the field's default (`null` without one); default: blank strings. */
  readonly emptyValues?: readonly EmptyValue[];
  /** Cut white space around strings before they are cast; default: false. */
  readonly trimValues?: boolean;
  /** Keep values that the data has already as changes; default: false. */
  readonly forceChanges?: boolean;
  /**
   * The message of a value that does not fit, by field and metadata; `undefined` keeps the usual one, "is invalid".
   * Default: none.
   */
  readonly message?: (field: string, meta: Readonly<Record<string, unknown>>) => string | undefined;
}

/** Reads the permitted fields, and nothing else, from the params. */
export function castParams(
  state: ChangesetState,
  input: unknown,
  permitted: readonly string[],
  options: CastOptions = {},
): ChangesetState {
  const params = checkParams(input);
  const known = permittedFields(state, permitted);
  if (Array.isArray(params)) {
    return withErrors(state, [fieldError("base", "is invalid", { validation: "cast", type: "map" })]);
  }
  const changes: Record<string, unknown> = { ...state.changes };
  const errors: FieldError[] = [];
  for (const field of known) {
    const param = readParam(params, field.name);
    if (!param.found) continue;
    const cast =
      "broken" in param
        ? { ok: false as const, message: "is invalid" }
        : castValue(field, param.value, options);
    if (!cast.ok) {
      const meta = { type: field.type.name, validation: "cast", ...("meta" in cast ? cast.meta : {}) };
      errors.push(fieldError(field.name, options.message?.(field.name, meta) ?? cast.message, meta));
      continue;
    }
    // A custom type, or a default, may hand through what others hold.
    const value = detached(cast.value);
    if (options.forceChanges === true) changes[field.name] = value;
    else if (isSentBack(state, field, param, value, options)) delete changes[field.name];
    else if (!Object.hasOwn(changes, field.name) || !equalValues(field.type, value, changes[field.name]))
      changes[field.name] = value;
  }
  return { ...state, params: [params, ...state.params], changes, errors: [...state.errors, ...errors] };
}

/** Whether the input says what the record holds: a date may hold more than a cast keeps of it, a text may be blank. */
function isSentBack(
  state: ChangesetState,
  { name }: ChangesetField,
  param: Param,
  value: unknown,
  { trimValues = false }: CastOptions,
): boolean {
  if (hasValue(state, name, value)) return true;
  const current = dataValue(state, name);
  const raw = param.found && "value" in param ? param.value : undefined;
  const same = typeof current === "string" ? raw === current && !trimValues : standsFor(raw, current);
  return same && hasValue(state, name, current);
}

/** Whether `raw` is the dates of `value`, or their JSON. */
function standsFor(raw: unknown, value: unknown): boolean {
  if (Array.isArray(value)) {
    if (!Array.isArray(raw) || raw.length !== value.length || value.length === 0) return false;
    return value.every((item, i) => standsFor(raw[i], item));
  }
  if (!isDate(value) || Number.isNaN(value.getTime())) return false;
  return isDate(raw) ? raw.getTime() === value.getTime() : raw === value.toISOString();
}

function permittedFields({ fields }: ChangesetState, permitted: unknown): ChangesetField[] {
  if (!Array.isArray(permitted)) {
    throw new ChangesetError(
      `The permitted fields are a list, as ["name", "description"], not ${showValue(permitted)}.`,
    );
  }
  return [...new Set<string>(permitted as string[])].map((name) => {
    if (fields.info?.hasAssociation(name) === true) {
      throw new ChangesetError(
        `${fields.name}.${name} is a relation; take it from the list and add .castAssoc("${name}").`,
      );
    }
    if (fields.info?.hasEmbed(name) === true) {
      throw new ChangesetError(
        `${fields.name}.${name} is an embed; take it from the list and add .castEmbed("${name}").`,
      );
    }
    return fields.field(name);
  });
}

function castValue(field: ChangesetField, raw: unknown, options: CastOptions) {
  const { emptyValues = DEFAULT_EMPTY_VALUES, trimValues = false } = options;
  const trim = (value: unknown) => (trimValues && typeof value === "string" ? value.trim() : value);
  const isEmpty = (value: unknown) =>
    emptyValues.some((empty) => (typeof empty === "function" ? empty(value) : Object.is(empty, value)));
  try {
    const value = trim(raw);
    if (isEmpty(value)) return { ok: true as const, value: defaultValue(field) };
    if (Array.isArray(value) && field.type.name.startsWith("array(")) {
      if (value.length > MAX_ITEMS) return { ok: false as const, message: "is invalid" };
      // A form's list often ends in an empty text, which stands for no item.
      return field.type.cast(value.map(trim).filter((item) => !isEmpty(item)));
    }
    return field.type.cast(value);
  } catch {
    // A custom type, or code inside the value itself, threw: for the one who sent it, the value is invalid.
    return { ok: false as const, message: "is invalid" };
  }
}

function defaultValue(field: ChangesetField): unknown {
  const value: unknown = typeof field.default === "function" ? field.default() : field.default;
  return value === undefined ? null : value;
}
