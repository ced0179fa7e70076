/** Writes the versionstamp of a transaction's commit as a value. */

import type { Transaction } from "../engine/index.js";
import { MutationType } from "../engine/index.js";

export const STAMP_BYTES = 10;

/** Room for the versionstamp, and after it the position it goes to: 0, in four bytes. */
const stampAtStart = Buffer.alloc(STAMP_BYTES + 4);

/** Writes the commit's versionstamp (10 bytes) as the whole value of `key`. */
export function writeStamp(tx: Transaction, key: Uint8Array): void {
  tx.atomic(MutationType.setVersionstampedValue, key, stampAtStart);
}
