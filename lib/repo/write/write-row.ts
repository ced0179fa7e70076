/** Writes the row of one record: inserts, updates or deletes it. */

import { changedValues } from "../../changeset/index.js";
import type { WritePlace } from "../../layer/index.js";
import { hydrate } from "../../schema/index.js";
import {
  type Conflict,
  newRecord,
  storeDelete,
  storeInsert,
  storeUpdate,
  type Values,
} from "../rows/index.js";
import type { Session } from "../transaction/index.js";
import type { Write } from "./write.js";

/**
 * @param keys foreign keys that the write of the parents gave
 * @returns the record that is stored now; of a delete, the one that was
 */
export function writeRow(
  session: Session,
  write: Write,
  keys: Readonly<Values> | undefined,
  conflict: Conflict,
  place?: WritePlace,
): Promise<Values> {
  const { action, info, changeset, record } = write;
  if (action === "delete") return storeDelete(session, info, record, changeset, place);
  if (action === "insert" || changeset === undefined) {
    return storeInsert(session, info, recordToStore(write, keys), changeset, conflict, place);
  }
  const changes = { ...changedValues(changeset), ...keys };
  if (Object.keys(changes).length === 0) return Promise.resolve(changeset.applyChanges());
  return storeUpdate(session, info, changeset, changes, place);
}

function recordToStore({ info, changeset, record }: Write, keys: Readonly<Values> | undefined): Values {
  if (changeset !== undefined)
    return newRecord(info, { ...record, ...changedValues(changeset), ...keys }, changeset);
  if (keys !== undefined) return newRecord(info, { ...record, ...keys });
  // A retry starts from the same record, but not from the same object: the last attempt has marked it.
  return hydrate(info, record);
}
