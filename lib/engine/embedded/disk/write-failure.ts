/** Turns whatever LMDB or the system reports about a failed write into one typed error. */

import { StoreCorruptError, StoreFullError } from "../../../errors.js";

export function writeFailure(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  // LMDB reports a write that was cut short, which is what a full disk does to it, as an I/O error.
  if (/no space|MAP_FULL|quota|too large|input\/output/i.test(text)) {
    return new StoreFullError(
      `The disk under the store is full (${text}). The transaction was not committed and nothing acknowledged is ` +
        "lost; free space and run it again.",
      { cause: error },
    );
  }
  return new StoreCorruptError(
    `The store's file cannot be written (${text}). The transaction was not committed. Check the disk, then open ` +
      "the store again or restore a backup.",
    { cause: error },
  );
}
