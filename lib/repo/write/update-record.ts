import type { Changeset } from "../../changeset/index.js";
import { PrimaryKeyChangeError, StaleEntryError, VersionstampPendingError } from "../../errors.js";
import { dataKey, deleteRecord, layoutOf, readRecord, updateRecord } from "../../layer/index.js";
import { equalValues, hydrate, type SchemaInfo, setMeta } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { Session } from "../transaction/index.js";
import { asStored } from "./as-stored.js";
import { checkConstraints, checkMerged, uniqueFailure } from "./constraints.js";
import { updatedValues, type Values, withTypeErrors } from "./write-values.js";

function stale(info: SchemaInfo, pk: readonly TupleItem[], why: string): StaleEntryError {
  return new StaleEntryError(
    `The ${info.name} with the key ${pk.map(String).join(", ")} ${why}. ` +
      `Read it again before changing it: await repo.get(${info.name}, id), or update it in one transaction with the read.`,
  );
}

/** The key of a record that is to be changed. */
export function keyOfRecord(info: SchemaInfo, record: object): TupleItem[] {
  const layout = layoutOf(info);
  if (layout.isPending(record)) {
    throw new VersionstampPendingError(
      `This ${info.name} has no ${info.primaryKey.name} before its transaction commits, so it cannot be changed yet. ` +
        "Change it in a later transaction, or set its fields before the insert.",
    );
  }
  return layout.keyOf(record);
}

function refuseKeyChange(info: SchemaInfo, data: object, changes: Readonly<Values>): void {
  for (const { name } of layoutOf(info).keyFields) {
    const { type } = info.field(name);
    if (!Object.hasOwn(changes, name) || equalValues(type, changes[name], (data as Values)[name])) continue;
    throw new PrimaryKeyChangeError(
      `${info.name}.${name} is part of the key and cannot be changed. Delete the record and insert one with the new key, ` +
        "in one transaction.",
    );
  }
}

/** The next value of a lock, when the stored one is the one that the caller has seen. */
function lockedValues(
  info: SchemaInfo,
  pk: readonly TupleItem[],
  changeset: Changeset<object>,
  stored: object,
): Values {
  const values: Values = {};
  for (const constraint of changeset.constraints) {
    if (constraint.type !== "optimisticLock") continue;
    const { field, expected, next } = constraint;
    const current = (stored as Values)[field];
    if (!equalValues(info.field(field).type, current, expected)) {
      throw stale(info, pk, `was changed by somebody else (${field} differs)`);
    }
    values[field] = next(current);
  }
  return values;
}

/** Virtual fields and loaded relations are not stored, so they stay as the caller had them. */
function keepUnstored(info: SchemaInfo, record: object, data: object, changes: Readonly<Values>): void {
  for (const { name } of info.virtualFields) {
    (record as Values)[name] = Object.hasOwn(changes, name) ? changes[name] : (data as Values)[name];
  }
  for (const { name } of info.associations) {
    if (Object.hasOwn(data, name)) (record as Values)[name] = (data as Values)[name];
  }
}

/** Writes changes over the stored record, so that others' changes of other fields survive. */
export async function storeChanges<T extends object>(
  session: Session,
  info: SchemaInfo<T>,
  changeset: Changeset<T>,
  changes: Readonly<Values>,
): Promise<T> {
  const { layer } = session;
  const data = changeset.data as object;
  const pk = keyOfRecord(info, data);
  refuseKeyChange(info, data, changes);
  const key = () => dataKey(layer, info, pk);
  const turn = session.turn(key, true);
  if (turn !== undefined) await turn;
  const values = updatedValues(info, changes);
  const virtual = new Set(info.virtualFields.map(({ name }) => name));
  const stores = Object.keys(changes).some((name) => !virtual.has(name));
  const merged = (stored: object): T => {
    const locked = lockedValues(info, pk, changeset as Changeset<object>, stored);
    const written = { ...values, ...locked };
    const record = hydrate(info, { ...stored, ...written });
    asStored(info, record, written);
    checkMerged(changeset, record);
    return record;
  };
  if (changeset.constraints.length > 0) {
    await checkConstraints(session, info, changeset, hydrate(info, { ...data, ...changes }), "update");
  }
  try {
    const outcome = await withTypeErrors({ info, values, changeset, action: "update" }, () =>
      updateRecord<T>(layer, info, pk, (stored) => (stores ? merged(stored) : stored)),
    );
    if (outcome === null) throw stale(info, pk, "is not stored (any more)");
    session.noteWrite(key());
    keepUnstored(info, outcome.record, data, changes);
    return outcome.record;
  } catch (error) {
    throw uniqueFailure(error, info, changeset, "update");
  }
}

/** Removes a record. */
export async function removeRecord<T extends object>(
  session: Session,
  info: SchemaInfo<T>,
  record: T,
  changeset: Changeset<T> | undefined,
): Promise<T> {
  const { layer } = session;
  const pk = keyOfRecord(info, record);
  const key = () => dataKey(layer, info, pk);
  const turn = session.turn(key, true);
  if (turn !== undefined) await turn;
  await checkConstraints(session, info, changeset, record, "delete");
  if (changeset?.constraints.some(({ type }) => type === "optimisticLock") === true) {
    const stored = await readRecord<T>(layer, info, pk);
    if (stored !== null) lockedValues(info, pk, changeset as Changeset<object>, stored);
  }
  const outcome = await deleteRecord<T>(layer, info, pk);
  if (outcome === null) throw stale(info, pk, "is not stored (any more)");
  session.noteWrite(key());
  setMeta(outcome.old, { state: "deleted", tenant: session.tenant });
  return outcome.old;
}
