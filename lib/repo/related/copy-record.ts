/** Copies a record with its fields, relations and metadata, to be completed without touching the first. */

import { copyMeta } from "../../schema/index.js";

export function copyRecord<T extends object>(record: T): T {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(record) as object), record) as T;
  copyMeta(record, copy);
  return copy;
}
