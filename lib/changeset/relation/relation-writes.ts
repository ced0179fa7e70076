/** Lists the related records that the Repo writes before and after the record of a changeset. */

import { ChangesetError } from "../../errors.js";
import { equalValues, type KeyedAssociation, type ManyToManyAssociation } from "../../schema/index.js";
import {
  type ChangesetState,
  isChangeset,
  isLeaving,
  type NestedChangeset,
  stateOf,
  type Wrap,
} from "../state/index.js";
import { isSameRecord, isStored, isThere, presentRecords } from "./related-records.js";
import { type Relation, relationOf } from "./relation.js";
import { replaced } from "./replaced.js";

/** The record that a belongsTo has from now on: written before the owner, which takes over its key (null clears it). */
export interface ParentChange {
  readonly association: KeyedAssociation;
  readonly changeset: NestedChangeset | null;
}

/** The records that a hasOne or hasMany has from now on: written after the owner, with its key as their foreign key. */
export interface ChildrenChange {
  readonly association: KeyedAssociation;
  readonly changesets: readonly NestedChangeset[];
}

/** The records that a many-to-many relation has from now on, and those that it has no longer. */
export interface JoinsChange {
  readonly association: ManyToManyAssociation;
  readonly changesets: readonly JoinedChangeset[];
  /** Records whose joins are removed, before anything else is written. */
  readonly removed: readonly object[];
}

export interface JoinedChangeset {
  readonly changeset: NestedChangeset;
  /** Whether there is a join already; else one is written when both records are. */
  readonly joined: boolean;
}

/** The related records that are written together with their owner. */
export interface RelationWrites {
  /** Removed, or let go: written before all others, so that what they have is free for those that come. */
  readonly leaving: readonly NestedChangeset[];
  readonly parents: readonly ParentChange[];
  readonly children: readonly ChildrenChange[];
  readonly joins: readonly JoinsChange[];
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

/** Whether two stored records are of one row: of a partitioned schema, also in one partition. */
function isSameRow(relation: Relation, a: object, b: object): boolean {
  if (!isStored(b) || !isSameRecord(relation, a, b)) return false;
  const { partitionBy } = relation.target;
  if (partitionBy === undefined) return true;
  const { name, type } = partitionBy;
  return equalValues(
    type,
    (a as Record<string, unknown>)[name] ?? null,
    (b as Record<string, unknown>)[name] ?? null,
  );
}

/** A record that is in a list twice is related once; what both would change is not decided by guessing. */
function onceEach(
  state: ChangesetState,
  relation: Relation,
  changesets: readonly NestedChangeset[],
): readonly NestedChangeset[] {
  const kept: NestedChangeset[] = [];
  for (const one of changesets) {
    const same = kept.find(({ data }) => data === one.data || isSameRow(relation, data, one.data));
    if (same === undefined) kept.push(one);
    else if (Object.keys(stateOf(one).changes).length > 0 && one !== same) {
      throw new ChangesetError(
        `${state.fields.name}.${relation.name} has one ${relation.target.name} in it twice, with changes of its own at the later ` +
          "place. Give each record once.",
      );
    }
  }
  return kept;
}

function joinsChange(
  state: ChangesetState,
  association: ManyToManyAssociation,
  changesets: readonly NestedChangeset[],
): JoinsChange {
  const relation = relationOf(state, association.name, "assoc");
  const present = isStored(state.data) ? presentRecords(state, relation) : [];
  const isPresent = ({ data }: NestedChangeset) => present.some((one) => isSameRecord(relation, one, data));
  return {
    association,
    changesets: onceEach(state, relation, changesets.filter(isKept)).map((changeset) => ({
      changeset,
      joined: isPresent(changeset),
    })),
    removed: changesets.filter((one) => isLeaving(one) && isPresent(one)).map(({ data }) => data),
  };
}

/** What the relations of a changeset ask the Repo to write, replaced records included. */
export function relationWrites(state: ChangesetState, wrap: Wrap): RelationWrites {
  const leaving: NestedChangeset[] = [];
  const parents: ParentChange[] = [];
  const children: ChildrenChange[] = [];
  const joins: JoinsChange[] = [];
  for (const association of state.fields.info?.associations ?? []) {
    const { name, kind } = association;
    if (association.through !== undefined || !Object.hasOwn(state.changes, name)) continue;
    const change = state.changes[name];
    const changesets = (Array.isArray(change) ? change : [change]).filter(isChangeset);
    if (association.kind === "manyToMany") {
      joins.push(joinsChange(state, association, changesets));
      continue;
    }
    const gone = kind === "hasMany" ? null : replacedOne(state, name, changesets[0], wrap);
    if (gone !== null && gone !== "invalid") leaving.push(gone);
    leaving.push(...changesets.filter((one) => isLeaving(one) && isThere(state.data, one.data)));
    const kept = onceEach(state, relationOf(state, name, "assoc"), changesets.filter(isKept));
    if (kind === "belongsTo") parents.push({ association, changeset: kept[0] ?? null });
    else children.push({ association, changesets: kept });
  }
  return { leaving, parents, children, joins };
}
