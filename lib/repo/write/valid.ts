/** Decides the rules of what a write was given, asynchronous ones too, and refuses what is not valid. */

import {
  change,
  hasClassRules,
  InvalidChangesetError,
  isUndecided,
  type MissingField,
  missingField,
  withDeclaredFields,
} from "../../changeset/index.js";
import { RequiredFieldError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type AnyChangeset, requireGiven } from "../rows/index.js";
import type { Given } from "./given.js";

/** @throws InvalidChangesetError, RequiredFieldError */
export async function valid(given: Given): Promise<Given> {
  const { action, info, changeset, record } = given;
  if (changeset !== undefined) {
    const decided = await validChangeset(changeset, action, given.plain);
    return decided === changeset ? given : { ...given, changeset: decided };
  }
  if (action === "insert" && hasRules(info)) {
    await validChangeset(change(record).validateSchema() as AnyChangeset, action);
  }
  if (action === "insert") requireGiven(info, record);
  return given;
}

/**
 * @param plain whether no changeset was given, but what it was made of
 * @throws InvalidChangesetError, RequiredFieldError
 */
export async function validChangeset(
  changeset: AnyChangeset,
  action: string,
  plain = false,
): Promise<AnyChangeset> {
  const checked = isUndecided(changeset) ? await changeset.validated() : changeset;
  const decided = withDeclaredFields(checked, action);
  if (plain && checked.valid && !decided.valid) {
    const { schema, field, path } = missingField(decided) as MissingField;
    throw new RequiredFieldError(schema, field, path);
  }
  if (!decided.valid) throw new InvalidChangesetError(decided.putAction(action), action);
  return decided;
}

const ruled = new WeakMap<SchemaInfo, boolean>();

/** Rules of class-validator hold for plain attributes too; a class has all of its rules when it is first used. */
function hasRules(info: SchemaInfo): boolean {
  let rules = ruled.get(info);
  if (rules === undefined) {
    rules = hasClassRules(info.schema);
    ruled.set(info, rules);
  }
  return rules;
}
