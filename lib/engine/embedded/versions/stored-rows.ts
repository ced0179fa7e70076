/** What the versions in memory need of the data file under them: its newest rows, read at once. */

import type { Key } from "../../keys/index.js";

/** Its bytes are those of whoever reads it. */
export interface StoredRow {
  readonly key: Buffer;
  readonly value: Buffer;
  /** It is not out of the file, but a copy of what is in memory. */
  readonly own?: true;
}

export interface StoredRows {
  get(key: Key): Buffer | undefined;
  /** Rows of `[begin, end)`, descending when `reverse`. */
  scan(begin: Key, end: Key, reverse: boolean): Iterator<StoredRow>;
  /** What an error on the way through a scan means to the caller. */
  damaged(error: unknown): unknown;
}
