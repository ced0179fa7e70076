/** The error for files that are no Plinth store, or a damaged one. */

import { StoreCorruptError } from "../../../errors.js";
import { type Key, toBytes } from "../../keys/index.js";

export function corruptStore(
  path: string,
  what: string,
  cause?: unknown,
  fix = "Point the URL at another folder, or restore the file from a backup.",
): StoreCorruptError {
  return new StoreCorruptError(`${path} is not a Plinth store or is damaged: ${what}. ${fix}`, { cause });
}

/** The error for a row that is not what was written. */
export function corruptRow(path: string, key: Key): StoreCorruptError {
  return new StoreCorruptError(
    `The value of ${inWords(key)} in ${path} is damaged: it does not match its checksum. The disk or the memory of ` +
      "this machine changed what was written; find everything that is affected with `plinth verify`, and restore a backup.",
  );
}

/** A key as people read it: printable characters as they are, others in hexadecimal. */
function inWords(key: Key): string {
  const text = key.replaceAll(
    /[^\x20-\x5b\x5d-\x7e]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${text}" (${toBytes(key).toString("hex")})`;
}
