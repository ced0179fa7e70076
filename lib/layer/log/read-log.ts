/** Reads the change log of a source in commit order, and tells how far back it goes. */

import { firstGreaterOrEqual, keyAfter, type Transaction } from "../../engine/index.js";
import { clearedKey, type Tenant } from "../../tenant/index.js";
import { pack, unpack, Versionstamp } from "../../tuple/index.js";
import { type Bytes, metaKeys, sourceKeys } from "../keys/index.js";
import { decodeLogEntry } from "./decode-log-entry.js";
import type { LogEntry } from "./log-entry.js";
import { versionKey, versionOf } from "./log-version.js";

export interface LogRead {
  /** Changes after this: a versionstamp, or every commit up to and including this version. */
  readonly after: Versionstamp | bigint;
  /** The newest commit version to read, normally the transaction's read version (default: all). */
  readonly through?: bigint;
  /** Entries at most. */
  readonly limit?: number;
  /** The reader follows the log closely, so nothing after `after` can have been trimmed: saves that point read. */
  readonly following?: boolean;
}

export interface LogBatch {
  readonly entries: readonly LogEntry[];
  /** False when the limit was reached: read on after the last entry. */
  readonly complete: boolean;
  /** The log no longer holds everything after `after`: what was built from it must be read anew. */
  readonly expired: boolean;
  /** The log holds nothing up to this version; not looked at when `following`. */
  readonly trimmed: bigint | undefined;
}

/**
 * Reads a source's changes in commit order, as a snapshot: no writer ever conflicts with a reader of the log. Two
 * point reads (whether the log was trimmed or the tenant cleared) run beside the range read; one when `following`.
 */
export async function readLog(
  tx: Transaction,
  tenant: Tenant,
  source: string,
  read: LogRead,
): Promise<LogBatch> {
  const { log } = sourceKeys(tenant, source);
  const begin = positionKey(log, read.after);
  const end = read.through === undefined ? pack([maxStamp], log) : versionKey(log, read.through + 1n);
  const [gone, batch] = await Promise.all([
    read.following === true ? clearedThrough(tx, tenant) : trimmedThrough(tx, tenant, source),
    readEntries(tx, log, begin, end, read.limit ?? 0),
  ]);
  const position = typeof read.after === "bigint" ? read.after : read.after.version;
  return { ...batch, expired: gone > position, trimmed: read.following === true ? undefined : gone };
}

async function readEntries(
  tx: Transaction,
  log: Bytes,
  begin: Bytes,
  end: Bytes,
  limit: number,
): Promise<{ entries: LogEntry[]; complete: boolean }> {
  const entries: LogEntry[] = [];
  let from = begin;
  while (Buffer.compare(from, end) < 0) {
    const batch = await tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), {
      snapshot: true,
      limit: limit === 0 ? 0 : limit - entries.length,
    });
    for (const [key, value] of batch.rows) {
      entries.push(decodeLogEntry(unpack(key, log.length)[0] as Versionstamp, value));
    }
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) break;
    if (limit > 0 && entries.length >= limit) return { entries, complete: false };
    from = keyAfter(last[0]);
  }
  return { entries, complete: true };
}

const maxStamp = Versionstamp.fromBytes(Buffer.alloc(12, 0xff).fill(0xfe, 9));

function positionKey(log: Bytes, after: Versionstamp | bigint): Bytes {
  return typeof after === "bigint" ? versionKey(log, after + 1n) : keyAfter(pack([after], log));
}

/** The version up to which the log holds nothing (it was trimmed, the tenant cleared, or logging began); 0 if never. */
export async function trimmedThrough(tx: Transaction, tenant: Tenant, source: string): Promise<bigint> {
  const [trimmed, cleared] = await Promise.all([
    tx.get(metaKeys.trimmed(tenant, source), true),
    tx.get(clearedKey(tenant.prefix), true),
  ]);
  const version = versionOf(trimmed);
  const other = versionOf(cleared);
  if (other > version) return other;
  return version;
}

/** The version of the last `Tenant.clear`; 0 if never. */
async function clearedThrough(tx: Transaction, tenant: Tenant): Promise<bigint> {
  return versionOf(await tx.get(clearedKey(tenant.prefix), true));
}

/** The newest entry of a source's log, or undefined: one range read of one key. */
export async function logTail(
  tx: Transaction,
  tenant: Tenant,
  source: string,
): Promise<LogEntry | undefined> {
  const last = await endOf(tx, tenant, source, true);
  if (last === undefined) return undefined;
  return decodeLogEntry(stampOf(tenant, source, last[0]), last[1]);
}

/** The version of the oldest entry of a source's log; undefined when it is empty. One range read of one key. */
export async function logBegin(tx: Transaction, tenant: Tenant, source: string): Promise<bigint | undefined> {
  const first = await endOf(tx, tenant, source, false);
  return first === undefined ? undefined : stampOf(tenant, source, first[0]).version;
}

async function endOf(tx: Transaction, tenant: Tenant, source: string, reverse: boolean) {
  const { begin, end } = sourceKeys(tenant, source).logRange;
  const range = { snapshot: true, reverse, limit: 1 };
  return (await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), range)).rows[0];
}

const stampOf = (tenant: Tenant, source: string, key: Bytes): Versionstamp =>
  unpack(key, sourceKeys(tenant, source).log.length)[0] as Versionstamp;
