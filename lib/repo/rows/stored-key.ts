/** Gives the key of a record that is to be changed or removed, and the error when it is not there as it was. */

import { StaleEntryError, VersionstampPendingError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";

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

/** @param missing there is no such row (any more) */
export function stale(
  info: SchemaInfo,
  pk: readonly TupleItem[],
  why: string,
  missing = false,
): StaleEntryError {
  return new StaleEntryError(
    `The ${info.name} with the key ${pk.map(String).join(", ")} ${why}. ` +
      `Read it again before changing it: await repo.get(${info.name}, id), or update it in one transaction with the read.`,
    missing,
  );
}
