/** Puts the records of a to-many relation of a changeset into another order. */

import { ChangesetError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import {
  applyState,
  type ChangesetState,
  emptyState,
  fieldsOfSchema,
  isChangeset,
  isLeaving,
  loadedRelation,
  type NestedChangeset,
  stateOf,
  type Wrap,
} from "../state/index.js";
import { keyOfRecord, keysOf } from "./related-records.js";
import { type Relation, relationOf } from "./relation.js";

type Compare = (a: object, b: object) => number;

/**
 * @param compare gets the records as they will be; default: by primary key, those without one last
 * @throws ChangesetError for a relation to one record
 */
export function reorderRelation(
  state: ChangesetState,
  name: string,
  compare: Compare | undefined,
  wrap: Wrap,
): ChangesetState {
  const relation = relationOf(state, name, "assoc");
  if (!relation.many || (compare !== undefined && typeof compare !== "function")) {
    throw new ChangesetError(
      relation.many
        ? `reorderAssoc("${name}", compare) of ${state.fields.name} takes a function (a, b) => number, not ${showValue(compare)}.`
        : `${state.fields.name}.${name} is one record at most, so it has no order; reorderAssoc is for lists.`,
    );
  }
  const list = loadedRelation(state, name) as readonly object[];
  const children = list.map((one) =>
    isChangeset(one)
      ? one
      : wrap({ ...emptyState(fieldsOfSchema(relation.target), one), action: "update" as const }),
  );
  const leaving = children.filter(isLeaving);
  const kept = children
    .filter((one) => !isLeaving(one))
    .map((one) => ({ one, record: applyState(stateOf(one)) }));
  const order: Compare = compare ?? ((a, b) => byKey(relation, a, b));
  const sorted: readonly NestedChangeset[] = [
    ...kept.toSorted((a, b) => order(a.record, b.record)).map(({ one }) => one),
    ...leaving,
  ];
  if (sorted.every((one, at) => one === children[at])) return state;
  return { ...state, changes: { ...state.changes, [name]: Object.freeze(sorted) } };
}

function byKey(relation: Relation, a: object, b: object): number {
  const left = keyOfRecord(relation, a) as readonly string[] | null;
  const right = keyOfRecord(relation, b) as readonly string[] | null;
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  for (const [at, { type }] of keysOf(relation).entries()) {
    const [one, other] = [left[at] as string, right[at] as string];
    const order = type.compare?.(one, other) ?? (one < other ? -1 : one > other ? 1 : 0);
    if (order !== 0) return order;
  }
  return 0;
}
