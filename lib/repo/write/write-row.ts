/** Writes the row of one record: inserts, updates or deletes it. */

import { changedValues, touchesOwner } from "../../changeset/index.js";
import type { WritePlace } from "../../layer/index.js";
import { hydrate, type SchemaInfo } from "../../schema/index.js";
import { deleteWithDependents } from "../cascade/index.js";
import {
  type AnyChangeset,
  type Clock,
  type Conflict,
  newRecord,
  restore,
  storeInsert,
  storeUpdate,
  type Values,
} from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import type { Write } from "./write.js";

/**
 * @param keys foreign keys that the write of the parents gave
 * @param related whether related records are written with it; a lock of the record is theirs, too
 * @returns the record that is stored now; of a delete, the one that was
 */
export function writeRow(
  session: Session,
  write: Write,
  keys: Readonly<Values> | undefined,
  conflict: Conflict,
  place?: WritePlace,
  related = false,
): Promise<Values> {
  const { action, info, changeset, record, force = false } = write;
  if (action === "delete") return deleteWithDependents(session, info, record, changeset, undefined, place);
  if (action === "insert" || changeset === undefined) {
    return storeInsert(
      session,
      info,
      recordToStore(write, keys, () => session.clock()),
      changeset,
      conflict,
      place,
    );
  }
  const changes = { ...changedValues(changeset), ...keys };
  const locks = related && changeset.constraints.some(({ type }) => type === "optimisticLock");
  const moves = force || locks || (related && movesWithRelated(info, changeset));
  if (Object.keys(changes).length === 0 && !moves)
    return Promise.resolve(restore(info, changeset.applyChanges()));
  return storeUpdate(session, info, changeset, changes, { place, moves });
}

/** Without a time of the change there is nothing to move, and so no row to read. */
const movesWithRelated = (info: SchemaInfo, changeset: AnyChangeset): boolean =>
  touchesOwner(changeset) && info.fields.some(({ autogenerate }) => autogenerate === "updatedAt");

function recordToStore(
  { info, changeset, record, generated }: Write,
  keys: Readonly<Values> | undefined,
  clock: Clock,
): Values {
  if (changeset !== undefined) {
    const values = { ...record, ...changedValues(changeset), ...keys };
    return generated === undefined
      ? newRecord(info, values, changeset, clock)
      : generated.recordOf(info, values, changeset, clock);
  }
  // A retry starts from the same record, but not from the same object: the last attempt has marked it.
  return hydrate(info, record);
}
