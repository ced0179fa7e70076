/** Turns whatever LMDB or the system reports about a failed write into one typed error. */

import { PlinthError, StoreCorruptError, StoreFullError, StoreIoError } from "../../../errors.js";
import { errnoOf, isFull } from "./system-error.js";

export function writeFailure(error: unknown): Error {
  if (error instanceof PlinthError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const errno = errnoOf(error);
  if (isFull(errno) || /MAP_FULL/.test(text)) {
    return new StoreFullError(
      `The disk under the store is full (${text}). The transaction was not committed and nothing acknowledged is ` +
        "lost; free space and run it again.",
      { cause: error },
    );
  }
  if (errno !== undefined) {
    return new StoreIoError(
      errno,
      `The disk under the store failed (${errno}: ${text}). The transaction was not committed and nothing ` +
        "acknowledged is lost. The store tries again by itself; when it goes on, check the disk and the system's log.",
      { cause: error },
    );
  }
  return new StoreCorruptError(
    `The store's file cannot be written (${text}). The transaction was not committed. Check the disk, then open ` +
      "the store again or restore a backup.",
    { cause: error },
  );
}
