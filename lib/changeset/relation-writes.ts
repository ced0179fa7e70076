import type { AssociationInfo } from "../schema/index.js";
import { relationOf, replaced } from "./relation.js";
import { type ChangesetState, isChangeset, type NestedChangeset, type Wrap } from "./state.js";

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
  /** Written behind the owner; an insert or update gets the owner's key as its foreign key, if `link`. */
  readonly after: readonly (RelationWrite & { readonly link: boolean })[];
}

/** What the relations of a changeset ask the Repo to write, replaced records included. */
export function relationWrites(state: ChangesetState, wrap: Wrap): RelationWrites {
  const before: RelationWrites["before"][number][] = [];
  const after: RelationWrites["after"][number][] = [];
  for (const association of state.fields.info?.associations ?? []) {
    const { name, kind, foreignKey } = association;
    if (!Object.hasOwn(state.changes, name)) continue;
    const change = state.changes[name];
    const children = (Array.isArray(change) ? change : [change]).filter(isChangeset);
    const old = kind === "hasMany" || children[0]?.data === state.data[name] ? null : state.data[name];
    const gone =
      typeof old === "object" && old !== null
        ? replaced(state.fields.name, relationOf(state, name, "assoc"), old, wrap)
        : null;
    // Before its successor: both may hold the same value of a unique index.
    if (gone !== null && gone !== "invalid") after.push({ association, changeset: gone, link: false });
    if (kind === "belongsTo") before.push({ association, changeset: children[0] ?? null });
    else {
      for (const changeset of children) {
        const nilified = (changeset as { changes?: Record<string, unknown> }).changes?.[foreignKey] === null;
        after.push({ association, changeset, link: changeset.action !== "delete" && !nilified });
      }
    }
  }
  return { before, after };
}
