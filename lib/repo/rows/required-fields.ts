/** Refuses rows that lack a value which their class declares without null. */

import { InvalidChangesetError, missingIn } from "../../changeset/index.js";
import { RequiredFieldError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { AnyChangeset, Values } from "./values.js";

/** @throws RequiredFieldError, for a new record that was given without a changeset */
export function requireGiven(info: SchemaInfo, record: Readonly<Values>): void {
  const [first] = missingIn(info, record);
  if (first !== undefined) throw new RequiredFieldError(first.schema, first.field, first.path);
}

/**
 * Decides it for the fields that an update writes, keys that its parents give or take away among them. A row of an
 * older release may lack the others.
 *
 * @throws InvalidChangesetError
 */
export function requireChanged(info: SchemaInfo, changes: Readonly<Values>, changeset: AnyChangeset): void {
  let failed = changeset;
  for (const name of Object.keys(changes)) {
    if (changes[name] !== null || !info.requiredFields.some((field) => field.name === name)) continue;
    failed = failed.addError(name, "can't be blank", { validation: "required" });
  }
  if (failed !== changeset) throw new InvalidChangesetError(failed.putAction("update"), "update");
}
