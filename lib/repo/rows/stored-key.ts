/** Gives the key of a record that is to be changed or removed, and the error when it is not there as it was. */

import { StaleEntryError, VersionstampPendingError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { keyText } from "../related/index.js";

/** @throws VersionstampPendingError */
export function storedKey(info: SchemaInfo, record: object): TupleItem[] {
  const layout = layoutOf(info);
  if (layout.isPending(record)) {
    throw new VersionstampPendingError(
      `This ${info.name} has no ${info.primaryKey.name} before its transaction commits, so it cannot be changed yet. ` +
        "Change it in a later transaction, or set its fields before the insert.",
    );
  }
  return layout.keyOf(record);
}

const staleRows = new WeakMap<StaleEntryError, { readonly source: string; readonly key: string }>();

/** Whether a write was refused for the row of this record, and not for one that is written with it. */
export function isStaleRow(error: StaleEntryError, info: SchemaInfo, record: object): boolean {
  const row = staleRows.get(error);
  if (row === undefined || row.source !== info.source || layoutOf(info).isPending(record)) return false;
  return row.key === keyText(layoutOf(info).keyOf(record));
}

/** @param missing there is no such row (any more) */
export function stale(
  info: SchemaInfo,
  pk: readonly TupleItem[],
  why: string,
  missing = false,
): StaleEntryError {
  const error = new StaleEntryError(
    `The ${info.name} with the key ${pk.map(String).join(", ")} ${why}. ` +
      `Read it again before changing it: await repo.get(${info.name}, id), or update it in one transaction with the read.`,
    missing,
  );
  staleRows.set(error, { source: info.source, key: keyText(pk) });
  return error;
}
