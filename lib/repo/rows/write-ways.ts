/** How a row is written. */

import type { ReadRecord, WritePlace } from "../../layer/index.js";
import type { Values } from "./values.js";

export interface WriteWays {
  /** Among the writes of the transaction; default: behind those that were called before. */
  readonly place?: WritePlace | undefined;
  /** The clock of the attempt before this transaction read the record that is written; default: it is read once more. */
  readonly since?: number | undefined;
  /** Throws when the record, as it is stored, is not to be written. */
  readonly check?: ((stored: Values) => void) | undefined;
}

/** The record, where this transaction has read it just now. */
export const readOf = (record: Values, { since }: WriteWays): ReadRecord | undefined =>
  since === undefined ? undefined : { record, since };
