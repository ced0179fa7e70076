/** Decides what becomes of a related record that others replace, as its relation's `onReplace` says. */

import { ChangeError } from "../../errors.js";
import { nullableOf } from "../../schema/index.js";
import {
  type ChangesetState,
  emptyState,
  fieldsOfSchema,
  type NestedChangeset,
  putChange,
  type Wrap,
} from "../state/index.js";
import { isThere } from "./related-records.js";
import type { Relation } from "./relation.js";

function otherWays(kind: Relation["kind"]): string {
  if (kind === "manyToMany") return ' (of the join alone) or "markAsInvalid"';
  return `${kind === "embed" ? "" : ', "nilify"'}, "markAsInvalid" or "update"`;
}

/** A field of a composite key that must not be empty stays: it takes one empty field to belong to nobody. */
function letGo(state: ChangesetState, owner: ChangesetState, relation: Relation): ChangesetState {
  const { name, target, foreignKeys } = relation;
  const names = nullableOf(target, foreignKeys);
  if (names.length === 0) {
    throw new ChangeError(
      `${owner.fields.name}.${name} has { onReplace: "nilify" }, and none of ${foreignKeys.join(", ")} of a ${target.name} can be null. ` +
        'Declare one of them with "| null", or write { onReplace: "delete" }.',
    );
  }
  return names.reduce((next, field) => putChange(next, field, null), state);
}

/** What a record that is no longer among the related ones becomes: a changeset, nothing, or an error. */
export function replaced(
  owner: ChangesetState,
  relation: Relation,
  record: object,
  wrap: Wrap,
): NestedChangeset | null | "invalid" {
  const { name, target, onReplace, foreignKeys, kind } = relation;
  // It was never stored, so nothing is lost with it.
  if (kind !== "embed" && !isThere(owner.data, record)) return null;
  const state = emptyState(fieldsOfSchema(target), record);
  switch (onReplace) {
    case "delete":
      // Only the join goes; the record stays with all others that it is joined with.
      if (kind === "manyToMany") return wrap({ ...state, action: "update", leaves: true });
      return wrap({ ...state, action: "delete" });
    case "deleteIfExists":
      return wrap({ ...state, action: "delete", ifExists: true });
    case "nilify":
      if (foreignKeys.length === 0 || kind === "belongsTo") return null;
      return wrap({ ...letGo(state, owner, relation), action: "update", leaves: true });
    case "markAsInvalid":
      return "invalid";
    default:
      throw new ChangeError(
        `${owner.fields.name}.${name} would lose a ${target.name}, and a lost one is not to be dealt with by guessing. Say what ` +
          `becomes of it: { onReplace: "delete" }${otherWays(kind)} ` +
          "as the decorator's last argument. (Often the params or records simply left it out.)",
      );
  }
}
