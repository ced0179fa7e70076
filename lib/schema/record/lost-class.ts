/** Explains an object that is given where a record belongs and has lost its class on the way. */

import { isPlainObject } from "../types/index.js";

/** What happened and what to do, for the end of a message; undefined for what is no plain object. */
export function lostClass(value: unknown): string | undefined {
  if (!isPlainObject(value)) return undefined;
  return (
    "a plain object was given. Usually it is a copy of a record that has lost its class: { ...record }, " +
    "structuredClone(record) and JSON keep the fields only. Give the record itself, read it again with " +
    "repo.get(Schema, id), or insert the fields as a new record: repo.insert(Schema, fields)."
  );
}
