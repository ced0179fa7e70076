/** What the versions in memory need of the data file under them: its newest rows, read at once. */

import type { Key } from "../../keys/index.js";

export interface StoredRow {
  readonly key: Key;
  readonly value: Buffer;
}

export interface StoredRows {
  get(key: Key): Buffer | undefined;
  /** Rows of `[begin, end)`, descending when `reverse`. */
  scan(begin: Key, end: Key, reverse: boolean): Iterator<StoredRow>;
  /** What an error on the way through a scan means to the caller. */
  damaged(error: unknown): unknown;
}
