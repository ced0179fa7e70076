/** Deletes a record and what goes with it: related records are deleted, or let go, as their relations' `onDelete` says. */

import { change } from "../../changeset/index.js";
import { StaleEntryError } from "../../errors.js";
import type { WritePlace } from "../../layer/index.js";
import { nullableOf, type SchemaInfo } from "../../schema/index.js";
import { type AnyChangeset, storeDelete, storeUpdate, type Values } from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import { dependentsOf } from "./dependents.js";
import { type Found, findDependents } from "./find-dependents.js";
import { requireIndexes } from "./required-index.js";
import { type Gone, rowText } from "./row-text.js";

/**
 * @param gone rows that were deleted already, to which those of this call are added
 * @returns the record as it was stored
 * @throws StaleEntryError, CascadeTooLargeError, MissingIndexError
 */
export async function deleteWithDependents(
  session: Session,
  info: SchemaInfo<Values>,
  record: Values,
  changeset: AnyChangeset | undefined,
  gone: Gone = new Set(),
  place?: WritePlace,
): Promise<Values> {
  if (dependentsOf(info).length === 0) {
    const old = await storeDelete(session, info, record, changeset, { place });
    gone.add(rowText(info, old));
    return old;
  }
  await requireIndexes(session.layer, info);
  // First the record itself: of one that is not there, nothing goes.
  const old = await storeDelete(session, info, record, changeset);
  await removeDependents(session, info, [old], gone);
  return old;
}

/** Deletes, or lets go, what goes with records that have been deleted. */
export async function removeDependents(
  session: Session,
  info: SchemaInfo<Values>,
  records: readonly Values[],
  gone: Gone,
): Promise<void> {
  for (const record of records) gone.add(rowText(info, record));
  await requireIndexes(session.layer, info);
  const { deleted, letGo } = await findDependents(session, info, records, gone);
  const { order } = session.layer.attempt;
  const writes = [
    ...letGo.map((one) => (place: WritePlace) => release(session, one, place)),
    // Those that were found last hold the keys of those before them.
    ...deleted.toReversed().map((one) => (place: WritePlace) => remove(session, one, place)),
  ];
  const outcomes = await Promise.allSettled(
    writes.map((write) => order.run((place) => unlessGone(() => write(place)))),
  );
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

const remove = (session: Session, { dependent, record, check }: Found, place: WritePlace) =>
  storeDelete(session, dependent.schema as SchemaInfo<Values>, record, undefined, { place, check });

function release(session: Session, { dependent, record, check }: Found, place: WritePlace) {
  const fields = nullableOf(dependent.schema, dependent.foreignKeys);
  const changes = Object.fromEntries(fields.map((field) => [field, null]));
  const changeset = change(record, changes as never) as AnyChangeset;
  return storeUpdate(session, dependent.schema as SchemaInfo<Values>, changeset, changes, { place, check });
}

/** What somebody else in the transaction has removed, or given to another record, meanwhile, is none that goes. */
async function unlessGone(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof StaleEntryError && error.missing)) throw error;
  }
}
