/** Writes changes over the row of a stored record, so that others' changes of other fields survive. */

import { PrimaryKeyChangeError } from "../../errors.js";
import { dataKey, layoutOf, updateRecord } from "../../layer/index.js";
import { equalValues, hydrate, keyValues, type SchemaInfo } from "../../schema/index.js";
import type { Session } from "../transaction/index.js";
import { asStored } from "./as-stored.js";
import { checkConstraints, checkMerged } from "./constraints.js";
import { lockedValues } from "./locked-values.js";
import { type Clock, now } from "./now.js";
import { refusal } from "./refusal.js";
import { requireChanged } from "./required-fields.js";
import { stale, storedKey } from "./stored-key.js";
import type { AnyChangeset, Values } from "./values.js";
import { writableChanges } from "./writable-values.js";
import { readOf, type WriteWays } from "./write-ways.js";

export interface UpdateWays extends WriteWays {
  /** Whether the time of the change and the optimistic locks of the changeset move on even if no stored field changes. */
  readonly moves?: boolean;
}

/** @returns the record that is stored now */
export async function storeUpdate(
  session: Session,
  info: SchemaInfo<Values>,
  changeset: AnyChangeset,
  given: Readonly<Values>,
  ways: UpdateWays = {},
): Promise<Values> {
  const { layer } = session;
  const { data } = changeset;
  const { place, moves = false, check } = ways;
  const changes = writableChanges(session, info, given);
  const pk = storedKey(info, data);
  refuseKeyChange(info, data, changes);
  const key = () => dataKey(layer, info, pk);
  const turn = session.turn(key, true);
  if (turn !== undefined) await turn;
  const values = updatedValues(info, changes, () => session.clock());
  requireChanged(info, values, changeset);
  const stores = moves || changesRow(info, changes);
  const merged = (stored: Values): Values => {
    check?.(stored);
    const written = { ...values, ...lockedValues(info, pk, changeset, stored) };
    const record = hydrate(info, { ...stored, ...written });
    asStored(info, record, written);
    checkMerged(changeset, record);
    return record;
  };
  if (changeset.constraints.length > 0) {
    await checkConstraints(session, info, changeset, hydrate(info, { ...data, ...changes }), "update");
  }
  try {
    const outcome = await updateRecord<Values>(
      layer,
      info,
      pk,
      (stored) => (stores ? merged(stored) : stored),
      { place, read: readOf(data, ways) },
    );
    if (outcome === null) throw stale(info, pk, "is not stored (any more)", true);
    session.noteWrite(key());
    layer.attempt.judge?.explain(key(), (error) => refusal(error, info, values, changeset, "update"));
    keepUnstored(info, outcome.record, data, changes);
    return outcome.record;
  } catch (error) {
    throw refusal(error, info, values, changeset, "update");
  }
}

function refuseKeyChange(info: SchemaInfo, data: Values, changes: Readonly<Values>): void {
  for (const { name } of layoutOf(info).keyFields) {
    const { type } = info.field(name);
    if (!Object.hasOwn(changes, name) || equalValues(type, changes[name], data[name])) continue;
    throw new PrimaryKeyChangeError(
      `${info.name}.${name} is part of the key and cannot be changed. Delete the record and insert one with the new key, ` +
        "in one transaction.",
    );
  }
}

/** The changes, and the time of the change. */
export function updatedValues(info: SchemaInfo, changes: Readonly<Values>, clock: Clock): Values {
  const values: Values = { ...changes };
  for (const field of info.fields) {
    if (field.autogenerate === "updatedAt" && !Object.hasOwn(changes, field.name))
      values[field.name] = now(info, field.name, clock);
  }
  return values;
}

/** False when only virtual fields change. */
function changesRow(info: SchemaInfo, changes: Readonly<Values>): boolean {
  const { virtualFields } = info;
  return Object.keys(changes).some((name) => !virtualFields.some((field) => field.name === name));
}

/**
 * Virtual fields and loaded relations are not stored, so they stay as the caller had them; but not the parent that the
 * record belonged to before its foreign key changed.
 */
function keepUnstored(info: SchemaInfo, record: Values, data: Values, changes: Readonly<Values>): void {
  for (const { name } of info.virtualFields) {
    record[name] = Object.hasOwn(changes, name) ? changes[name] : data[name];
  }
  for (const { name, kind, foreignKeys } of info.associations) {
    if (!Object.hasOwn(data, name)) continue;
    const moved =
      kind === "belongsTo" &&
      foreignKeys.some((key) => !equalValues(info.field(key).type, record[key], data[key]));
    if (!moved) record[name] = data[name];
    else if (keyValues(record, foreignKeys) === null) record[name] = null;
  }
}
