/** The error for files that are no Plinth store, or a damaged one. */

import { StoreCorruptError } from "../../../errors.js";

export function corruptStore(
  path: string,
  what: string,
  cause?: unknown,
  fix = "Point the URL at another folder, or restore the file from a backup.",
): StoreCorruptError {
  return new StoreCorruptError(`${path} is not a Plinth store or is damaged: ${what}. ${fix}`, { cause });
}
