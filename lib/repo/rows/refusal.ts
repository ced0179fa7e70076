/** Turns what refused a write - a field's type, a primary key, a unique index - into the error of its changeset. */

import {
  ConstraintError,
  change,
  InvalidChangesetError,
  type UniqueConstraint,
} from "../../changeset/index.js";
import { InvalidValueError, PlinthError, PrimaryKeyExistsError, UniqueViolationError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { hydrate, type SchemaInfo } from "../../schema/index.js";
import { sameFields } from "./same-fields.js";
import type { AnyChangeset, Values } from "./values.js";

/**
 * The error to throw in place of `error`, which is another one only for a refusal.
 *
 * @param values the fields that were to be written
 * @param changeset gets the errors; absent: one that is made for them
 */
export function refusal(
  error: unknown,
  info: SchemaInfo<Values>,
  values: Readonly<Values>,
  changeset: AnyChangeset | undefined,
  action: "insert" | "update",
): unknown {
  if (error instanceof InvalidValueError) return refusedValues(error, info, values, changeset, action);
  if (error instanceof UniqueViolationError || error instanceof PrimaryKeyExistsError) {
    return takenValues(error, info, changeset, action);
  }
  return error;
}

/** Marks every field whose type refuses its value; an error that is about none of them stays as it is. */
function refusedValues(
  error: InvalidValueError,
  info: SchemaInfo<Values>,
  values: Readonly<Values>,
  changeset: AnyChangeset | undefined,
  action: string,
): unknown {
  let marked = changeset ?? (change(hydrate(info, values)) as AnyChangeset);
  const before = marked.errors.length;
  for (const { name, type } of info.fields) {
    // The commit assigns it.
    if (name === info.primaryKey.name && layoutOf(info).isPending(values)) continue;
    try {
      type.dump(values[name]);
    } catch (reason) {
      if (!(reason instanceof PlinthError)) throw reason;
      const meta = { validation: "cast", type: type.name, reason: reason.message };
      marked = marked.addError(name, "is invalid", meta);
    }
  }
  return marked.errors.length === before
    ? error
    : new InvalidChangesetError(marked.putAction(action), action);
}

/** A taken value is the changeset's error when it declares the rule. */
function takenValues(
  error: UniqueViolationError | PrimaryKeyExistsError,
  info: SchemaInfo<Values>,
  changeset: AnyChangeset | undefined,
  action: string,
): unknown {
  const declared = changeset === undefined ? undefined : declaredRule(changeset, error, info);
  if (changeset !== undefined && declared !== undefined) {
    const { field, message } = declared;
    const name = error instanceof UniqueViolationError ? error.index : "primary";
    const marked = changeset.addError(field, message, { constraint: "unique", name });
    return new InvalidChangesetError(marked.putAction(action), action);
  }
  if (error instanceof PrimaryKeyExistsError) return error;
  return new ConstraintError(
    { type: "unique", name: error.index, fields: error.fields, schema: info.name },
    changeset,
    { cause: error },
  );
}

/** The `uniqueConstraint` that the taken value belongs to. */
function declaredRule(
  changeset: AnyChangeset,
  error: UniqueViolationError | PrimaryKeyExistsError,
  info: SchemaInfo,
): UniqueConstraint | undefined {
  const fields =
    error instanceof UniqueViolationError ? error.fields : layoutOf(info).keyFields.map(({ name }) => name);
  return changeset.constraints.find(
    (one): one is UniqueConstraint =>
      one.type === "unique" &&
      (one.name === undefined || !(error instanceof UniqueViolationError)
        ? sameFields(one.fields, fields)
        : one.name === error.index),
  );
}
