/** FoundationDB's metadata version, which tells every process to check what it has cached about tenants. */

import type { Transaction } from "../engine/index.js";
import { writeStamp } from "./write-stamp.js";

/** FoundationDB delivers its value with every read version, so reading it costs nothing. */
export const metadataVersionKey: Uint8Array = Buffer.from("\xff/metadataVersion", "latin1");

/** Makes every process check what it has cached about any tenant of the store. */
export function bumpMetadataVersion(tx: Transaction): void {
  writeStamp(tx, metadataVersionKey);
}
