/** What one operation of a transaction does to one row. */

import type { LoggedChange } from "../log/index.js";

export interface RowChange extends LoggedChange {
  /** The operation's place among those of its transaction; it becomes the user part of the log entry's versionstamp. */
  readonly number: number;
  /** Only what the schema does not know has changed, which the log does not tell. */
  readonly unlogged?: boolean;
}
