/** Finds the records that a relation has now, and picks them by their keys. */

import { equalValues, type FieldInfo, getMeta } from "../../schema/index.js";
import { type ChangesetState, loadedRelation } from "../state/index.js";
import type { Relation } from "./relation.js";

/** Whether the record was read from the store or written to it; else it is new. */
export const isStored = (record: object): boolean => getMeta(record)?.state === "loaded";

/** Whether there may be a row of a related record; one without metadata is taken for what its owner is. */
export function isThere(owner: object, record: object): boolean {
  const state = getMeta(record)?.state;
  return state === undefined ? isStored(owner) : state !== "built";
}

/** The records that the data has now. */
export function presentRecords(state: ChangesetState, relation: Relation): readonly object[] {
  const { [relation.name]: _, ...changes } = state.changes;
  const value = loadedRelation({ ...state, changes }, relation.name);
  if (Array.isArray(value)) return value as object[];
  return value === null || value === undefined ? [] : [value as object];
}

/** The fields by which the records of one owner are told apart. */
export const keysOf = ({ target }: Relation): readonly FieldInfo[] => {
  if (!target.hasPrimaryKey) return [];
  return target.partitionBy === undefined ? target.keyFields : [target.primaryKey];
};

/** The values of a record's primary key; null when it lacks one of them. */
export function keyOfRecord(relation: Relation, record: object): readonly unknown[] | null {
  const key = keysOf(relation).map(({ name }) => (record as Record<string, unknown>)[name] ?? null);
  return key.length === 0 || key.includes(null) ? null : key;
}

/** Whether two objects are the same related record: one object, or one key. */
export function isSameRecord(relation: Relation, a: object, b: object): boolean {
  return a === b || takeByKey(relation, [a], keyOfRecord(relation, b)) !== undefined;
}

/** Takes the record with that key out of `records`. */
export function takeByKey(
  relation: Relation,
  records: object[],
  key: readonly unknown[] | null,
): object | undefined {
  if (key === null) return undefined;
  const keys = keysOf(relation);
  const at = records.findIndex((record) => {
    const own = keyOfRecord(relation, record);
    return own !== null && keys.every(({ type }, i) => equalValues(type, own[i], key[i]));
  });
  return at === -1 ? undefined : records.splice(at, 1)[0];
}
