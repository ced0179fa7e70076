/** The shape of an entry of the change log, and the numbers that stand for its operations. */

import type { StoredValue } from "../../schema/index.js";
import type { TupleItem, Versionstamp } from "../../tuple/index.js";
import type { Bytes } from "../keys/index.js";

export type LogOp = "insert" | "update" | "delete";
export const LOG_OPS: readonly LogOp[] = ["insert", "update", "delete"];
/** An insert whose key the commit assigned. */
export const PENDING_INSERT = 3;

/** A change as it is read from the log. Names of fields are stored keys (source names, or tags as text). */
export interface LogEntry {
  /** The commit, and the operation's number inside it. */
  readonly at: Versionstamp;
  readonly op: LogOp;
  /** Key items of the record: its partition, if any, and its primary key. */
  readonly pk: readonly TupleItem[];
  /** Fields that an update changed; empty for an insert and a delete. */
  readonly changed: readonly string[];
  /**
   * Stored values before the change: of the fields that indexes use, and of those that an update changed or a delete
   * took away, as far as they are small; null for an insert.
   */
  readonly old: Readonly<Record<string, StoredValue>> | null;
  /** After the change: the fields that indexes use (all that are not null, when there is an image); null for a delete. */
  readonly new: Readonly<Record<string, StoredValue>> | null;
  /** The record's body after the change, when it is small. */
  readonly image: Bytes | null;
}
