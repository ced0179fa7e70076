/** Applies the changes of a changeset to its data, and those of the changesets inside it. */

import { copyMeta, hydrate, type SchemaInfo } from "../../schema/index.js";
import { type ChangesetState, currentValue, isChangeset, isLeaving, stateOf } from "./state.js";

type FieldValues = Record<string, unknown>;

/** A new record (or plain object, without a schema) with the changes, nested ones included. */
export function applyState(state: ChangesetState): object {
  const { info } = state.fields;
  const values = appliedValues(state);
  if (info === undefined) return { ...state.data, ...values };
  const record = hydrate(info, values) as FieldValues;
  for (const { name } of info.associations) {
    if (Object.hasOwn(state.changes, name)) record[name] = applyNested(state.changes[name]);
    else if (Object.hasOwn(state.data, name)) record[name] = state.data[name];
  }
  copyMeta(state.data, record);
  return record;
}

/** The fields, embeds included, as they are with the changes. */
export function appliedValues(state: ChangesetState): FieldValues {
  const values: FieldValues = {};
  for (const name of state.fields.names) values[name] = applyNested(currentValue(state, name));
  return values;
}

/** The changed fields only, as the Repo writes them: embeds as records, relations left out. */
export function changedValues(state: ChangesetState): FieldValues {
  const values: FieldValues = {};
  for (const name of state.fields.names) {
    if (Object.hasOwn(state.changes, name)) values[name] = applyNested(state.changes[name]);
  }
  return values;
}

function applyNested(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.some(isChangeset) ? value.filter((one) => !isLeaving(one)).map(applyOne) : value;
  }
  return isLeaving(value) ? null : applyOne(value);
}

function applyOne(value: unknown): unknown {
  if (!isChangeset(value)) return value;
  const state = stateOf(value);
  const record = applyState(state);
  const { info } = state.fields;
  if (info?.embedded === true && value.action === "update" && Object.keys(state.changes).length > 0) {
    touch(info, state, record as FieldValues);
  }
  return record;
}

/** An embed has no Repo of its own that would keep its `updatedAt`. */
function touch(info: SchemaInfo, state: ChangesetState, record: FieldValues): void {
  for (const field of info.fields) {
    if (field.autogenerate !== "updatedAt" || Object.hasOwn(state.changes, field.name)) continue;
    record[field.name] = new Date();
  }
}
