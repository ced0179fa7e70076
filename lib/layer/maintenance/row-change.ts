import type { LoggedChange } from "../log/index.js";

/** What one operation does to one row. */
export interface RowChange extends LoggedChange {
  /** The operation's place among those of its transaction; it becomes the user part of the log entry's versionstamp. */
  readonly number: number;
}
