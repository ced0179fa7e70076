/** Gives what `insertAll` has inserted, as its option `returning` asks. */

import { InvalidOptionsError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { namesIn, selectionOf } from "../bulk/index.js";
import type { Values } from "../rows/index.js";
import { type RepoState, sessionOf } from "../transaction/index.js";
import type { InsertAllOptions } from "./write-options.js";

/** Rows that were written. */
export interface Bulk<T = never> {
  /** Rows that were written. */
  readonly count: number;
  /** Of `insertAll`: the stored records in the order of the input; rows that a conflict skipped are left out. */
  readonly records: readonly T[];
}

export function bulkOf(
  info: SchemaInfo,
  records: readonly Values[],
  { returning }: InsertAllOptions,
): Bulk<unknown> {
  const select = selectionOf(info, "insertAll", returning);
  const shown = select === undefined ? records : records.map(select);
  return Object.freeze({ count: records.length, records: Object.freeze(shown) });
}

/**
 * Checks `returning` before anything is written.
 *
 * @throws InvalidOptionsError, UnknownFieldError
 */
export function refuseStampedReturning(state: RepoState, info: SchemaInfo, returning: unknown): void {
  selectionOf(info, "insertAll", returning);
  const { name } = info.primaryKey;
  const names = namesIn(returning)?.includes(name) === true;
  if (!names || !layoutOf(info).stamped || sessionOf(state) === undefined) return;
  throw new InvalidOptionsError(
    `{ returning } of repo.insertAll names ${info.name}.${name}, which the commit assigns, and the transaction around the call ` +
      "has yet to commit. Leave { returning } out: the records have their keys after the commit.",
  );
}
