/** Decides the rules of what a write was given, asynchronous ones too, and refuses what is not valid. */

import { change, hasClassRules, InvalidChangesetError } from "../../changeset/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { AnyChangeset } from "../rows/index.js";
import type { Given } from "./given.js";

/** @throws InvalidChangesetError */
export async function valid(given: Given): Promise<Given> {
  const { action, info, changeset, record } = given;
  if (changeset !== undefined) {
    const decided = await validChangeset(changeset, action);
    return decided === changeset ? given : { ...given, changeset: decided };
  }
  if (action === "insert" && hasRules(info)) {
    await validChangeset(change(record).validateSchema() as AnyChangeset, action);
  }
  return given;
}

/** @throws InvalidChangesetError */
export async function validChangeset(changeset: AnyChangeset, action: string): Promise<AnyChangeset> {
  const decided = await changeset.validated();
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
