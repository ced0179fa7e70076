/** Copies a record with its fields, relations and metadata, to be completed without touching the first. */

import { getMeta, setMeta } from "../../schema/index.js";

export function copyRecord<T extends object>(record: T): T {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(record) as object), record) as T;
  const meta = getMeta(record);
  if (meta !== undefined) setMeta(copy, meta);
  return copy;
}
