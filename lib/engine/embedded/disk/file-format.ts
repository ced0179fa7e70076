/** How the values of a data file stand in it: bare, as the first builds wrote them, or each with its checksum. */

import { AFTER_ALL } from "../../keys/index.js";
import type { Change } from "./change.js";
import { CHECKSUM } from "./checksum.js";
import { corruptStore } from "./corrupt-store.js";
import type { Database } from "./open-database.js";
import { FORMAT_KEY, PROMISE_KEY } from "./store-keys.js";
import { sealed } from "./stored-values.js";

/** Of the promised version. */
const PROMISE_BYTES = 8;
const BARE = false;
const CHECKSUMS = true;
/** The number in the note of a file with checksums; the first format has no note. */
const NUMBER = 2;

/** Notes, in a file that is still empty, that its values carry checksums. */
export const formatChange = (): Change => [FORMAT_KEY, Buffer.of(NUMBER)];

/**
 * Whether the file's values carry checksums; undefined when nothing is in it yet. `db` returns values as they stand in
 * the file.
 */
export function hasChecksums(db: Database, path: string): boolean | undefined {
  const note = db.get(FORMAT_KEY);
  const promise = db.get(PROMISE_KEY);
  if (note !== undefined) {
    const [format] = note;
    // Each knows of the other, so that a damaged note is not taken for a file without checksums.
    const agrees = promise === undefined || promise.length === PROMISE_BYTES + CHECKSUM;
    if (format === NUMBER && note.equals(sealed(FORMAT_KEY, note.subarray(0, 1))) && agrees) return CHECKSUMS;
    throw corruptStore(path, "the note of its format is damaged, or of a newer release of Plinth");
  }
  if (promise !== undefined && promise.length !== PROMISE_BYTES)
    throw corruptStore(path, "the note of its format is missing");
  const empty =
    promise === undefined && [...db.getKeys({ start: "", end: AFTER_ALL, limit: 1 })].length === 0;
  return empty ? undefined : BARE;
}
