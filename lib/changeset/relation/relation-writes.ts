/** Lists the related records that the Repo writes before and after the record of a changeset. */

import type { AssociationInfo } from "../../schema/index.js";
import {
  type ChangesetState,
  isChangeset,
  isLeaving,
  type NestedChangeset,
  type Wrap,
} from "../state/index.js";
import { isSameRecord } from "./related-records.js";
import { relationOf } from "./relation.js";
import { replaced } from "./replaced.js";

/** A related record to write together with its owner. */
export interface RelationWrite {
  readonly association: AssociationInfo;
  readonly changeset: NestedChangeset;
}

export interface RelationWrites {
  /** belongsTo: written before the owner, whose foreign key then becomes the key of `changeset` (null clears it). */
  readonly before: readonly {
    readonly association: AssociationInfo;
    readonly changeset: NestedChangeset | null;
  }[];
  /** Written after the owner; an insert or update gets the owner's key as its foreign key, if `link`. */
  readonly after: readonly (RelationWrite & { readonly link: boolean })[];
}

/** What becomes of the record of a to-one relation whose place another takes. */
function replacedOne(
  state: ChangesetState,
  name: string,
  child: NestedChangeset | undefined,
  wrap: Wrap,
): NestedChangeset | null | "invalid" {
  const old = state.data[name];
  if (typeof old !== "object" || old === null) return null;
  const relation = relationOf(state, name, "assoc");
  if (child !== undefined && isSameRecord(relation, child.data, old)) return null;
  return replaced(state.fields.name, relation, old, wrap);
}

/** What the relations of a changeset ask the Repo to write, replaced records included. */
export function relationWrites(state: ChangesetState, wrap: Wrap): RelationWrites {
  const before: RelationWrites["before"][number][] = [];
  const after: RelationWrites["after"][number][] = [];
  for (const association of state.fields.info?.associations ?? []) {
    const { name, kind } = association;
    if (!Object.hasOwn(state.changes, name)) continue;
    const change = state.changes[name];
    const children = (Array.isArray(change) ? change : [change]).filter(isChangeset);
    const gone = kind === "hasMany" ? null : replacedOne(state, name, children[0], wrap);
    // Before its successor: both may hold the same value of a unique index.
    if (gone !== null && gone !== "invalid") after.push({ association, changeset: gone, link: false });
    if (kind === "belongsTo") before.push({ association, changeset: children[0] ?? null });
    else {
      for (const changeset of children) after.push({ association, changeset, link: !isLeaving(changeset) });
    }
  }
  return { before, after };
}
