/** Makes the changesets of related records the change of their relation. */

import {
  type ChangesetState,
  fieldError,
  type NestedChangeset,
  stateOf,
  type Wrap,
  withErrors,
} from "../state/index.js";
import { keyOfRecord, takeByKey } from "./related-records.js";
import type { Relation } from "./relation.js";

/** The child changesets as the change of the relation; nothing when they change nothing. */
export function putChildren(
  state: ChangesetState,
  relation: Relation,
  children: readonly NestedChangeset[],
  present: readonly object[],
): ChangesetState {
  const { [relation.name]: _, ...changes } = state.changes;
  const ordered = relation.kind === "embed";
  const same = ({ data }: NestedChangeset, i: number) =>
    ordered ? data === present[i] : present.includes(data);
  const idle =
    children.length === present.length && children.every((child, i) => isIdle(child) && same(child, i));
  if (idle) return { ...state, changes };
  const value = relation.many ? Object.freeze([...children]) : (children[0] ?? null);
  return { ...state, changes: { ...changes, [relation.name]: value } };
}

/** Where a relation is unique, a record that is named again has an error. */
export function markRepeated(
  relation: Relation,
  children: readonly NestedChangeset[],
  wrap: Wrap,
): readonly NestedChangeset[] {
  if (relation.unique !== true) return children;
  const seen: object[] = [];
  return children.map((child) => {
    if (child.action === "delete" || stateOf(child).leaves === true) return child;
    const key = keyOfRecord(relation, child.data);
    const repeated = seen.includes(child.data) || takeByKey(relation, [...seen], key) !== undefined;
    seen.push(child.data);
    if (!repeated) return child;
    const { name } = relation.target.primaryKey;
    return wrap(
      withErrors(stateOf(child), [fieldError(name, "has already been taken", { validation: "unique" })]),
    );
  });
}

function isIdle(child: NestedChangeset): boolean {
  const { changes, leaves } = stateOf(child);
  return child.valid && child.action === "update" && leaves !== true && Object.keys(changes).length === 0;
}

/** A child with the action that its place asks for, unless it was given one. */
export function withAction(child: NestedChangeset, action: "insert" | "update", wrap: Wrap): NestedChangeset {
  return child.action === null ? wrap({ ...stateOf(child), action }) : child;
}
