/** Starts, stops, trims and drops the change log of a source. */

import { MutationType, type Transaction } from "../../engine/index.js";
import { type Tenant, writeStamp } from "../../tenant/index.js";
import { metaKeys, prefixRange, sourceKeys } from "../keys/index.js";
import { touchHead } from "./heads.js";
import { versionKey } from "./log-version.js";

/** Removes all entries of commits before `before` and notes it, so that an older cursor is seen to be expired. */
export function trimLog(tx: Transaction, tenant: Tenant, source: string, before: bigint): void {
  if (before <= 0n) return;
  const { log, logRange } = sourceKeys(tenant, source);
  tx.clearRange(logRange.begin, versionKey(log, before));
  const stamp = Buffer.alloc(10);
  stamp.writeBigUInt64BE(before - 1n);
  tx.atomic(MutationType.byteMax, metaKeys.trimmed(tenant, source), stamp);
}

/**
 * Logging begins: notes that the log holds nothing from before this commit. From then on the source has a head, whose
 * removal also wakes those who watch it when the tenant is deleted.
 */
export function startLog(tx: Transaction, tenant: Tenant, source: string): void {
  writeStamp(tx, metaKeys.trimmed(tenant, source));
  touchHead(tx, sourceKeys(tenant, source).head);
}

/** Logging ends: wakes those who watch the head, so that they look again. */
export function stopLog(tx: Transaction, tenant: Tenant, source: string): void {
  touchHead(tx, sourceKeys(tenant, source).head);
}

/** Removes a source's log with its heads. */
export function dropLog(tx: Transaction, tenant: Tenant, source: string): void {
  const { head, logRange } = sourceKeys(tenant, source);
  const heads = prefixRange(head);
  tx.clearRange(logRange.begin, logRange.end);
  tx.clearRange(heads.begin, heads.end);
  writeStamp(tx, metaKeys.trimmed(tenant, source));
}
