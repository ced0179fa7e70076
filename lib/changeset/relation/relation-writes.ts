/** Lists the related records that the Repo writes before and after the record of a changeset. */

import type { AssociationInfo } from "../../schema/index.js";
import {
  type ChangesetState,
  isChangeset,
  isLeaving,
  type NestedChangeset,
  type Wrap,
} from "../state/index.js";
import { isSameRecord, isThere } from "./related-records.js";
import { relationOf } from "./relation.js";
import { replaced } from "./replaced.js";

/** The record that a belongsTo has from now on: written before the owner, which takes over its key (null clears it). */
export interface ParentChange {
  readonly association: AssociationInfo;
  readonly changeset: NestedChangeset | null;
}

/** The records that a hasOne or hasMany has from now on: written after the owner, with its key as their foreign key. */
export interface ChildrenChange {
  readonly association: AssociationInfo;
  readonly changesets: readonly NestedChangeset[];
}

/** The related records that are written together with their owner. */
export interface RelationWrites {
  /** Removed, or let go: written before all others, so that what they have is free for those that come. */
  readonly leaving: readonly NestedChangeset[];
  readonly parents: readonly ParentChange[];
  readonly children: readonly ChildrenChange[];
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
  return replaced(state, relation, old, wrap);
}

const isKept = (changeset: NestedChangeset): boolean => !isLeaving(changeset);

/** What the relations of a changeset ask the Repo to write, replaced records included. */
export function relationWrites(state: ChangesetState, wrap: Wrap): RelationWrites {
  const leaving: NestedChangeset[] = [];
  const parents: ParentChange[] = [];
  const children: ChildrenChange[] = [];
  for (const association of state.fields.info?.associations ?? []) {
    const { name, kind } = association;
    if (!Object.hasOwn(state.changes, name)) continue;
    const change = state.changes[name];
    const changesets = (Array.isArray(change) ? change : [change]).filter(isChangeset);
    const gone = kind === "hasMany" ? null : replacedOne(state, name, changesets[0], wrap);
    if (gone !== null && gone !== "invalid") leaving.push(gone);
    leaving.push(...changesets.filter((one) => isLeaving(one) && isThere(state.data, one.data)));
    const kept = changesets.filter(isKept);
    if (kind === "belongsTo") parents.push({ association, changeset: kept[0] ?? null });
    else children.push({ association, changesets: kept });
  }
  return { leaving, parents, children };
}
