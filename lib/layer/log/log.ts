import type { Transaction } from "../../engine/index.js";
import { firstGreaterOrEqual, keyAfter, MutationType } from "../../engine/index.js";
import { clearedKey, type Tenant, writeStamp } from "../../tenant/index.js";
import { pack, type TupleItem, unpack, Versionstamp } from "../../tuple/index.js";
import type { Bytes } from "../keys/index.js";
import { metaKeys, prefixRange, sourceKeys, touchHead } from "../keys/index.js";
import { decodeLogEntry, type LogEntry } from "./log-codec.js";

export interface LogRead {
  /** Changes behind this: a versionstamp, or every commit up to and including this version. */
  readonly after: Versionstamp | bigint;
  /** The newest commit version to read, normally the transaction's read version (default: all). */
  readonly through?: bigint;
  /** Entries at most. */
  readonly limit?: number;
  /** The reader follows the log closely, so nothing behind `after` can have been trimmed: saves that point read. */
  readonly following?: boolean;
}

export interface LogBatch {
  readonly entries: readonly LogEntry[];
  /** False when the limit was reached: read on behind the last entry. */
  readonly complete: boolean;
  /** The log no longer holds everything behind `after`: what was built from it must be read anew. */
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

/** The first key that an entry of this commit version can have. */
function versionKey(log: Bytes, version: bigint): Bytes {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(version < 0n ? 0n : version);
  return pack([Versionstamp.fromBytes(bytes)], log);
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

function versionOf(stamp: Bytes | undefined): bigint {
  if (stamp === undefined || stamp.length < 8) return 0n;
  return Buffer.from(stamp.buffer, stamp.byteOffset, 8).readBigUInt64BE(0);
}

/** The version of the newest change of a source, as its head tells it; 0 when there is none. One point read. */
export async function headVersion(tx: Transaction, tenant: Tenant, source: string): Promise<bigint> {
  return versionOf(await tx.get(sourceKeys(tenant, source).head, true));
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
 * Logging begins: notes that the log holds nothing from before this commit. From then on the source has a head, so
 * that whoever watches it sees the tenant go, too.
 */
export function startLog(tx: Transaction, tenant: Tenant, source: string): void {
  writeStamp(tx, metaKeys.trimmed(tenant, source));
  touchHead(tx, sourceKeys(tenant, source).head);
}

/** Logging ends: those who watch the head are to look. */
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

/**
 * The key to watch for changes of a source, or of one value of a `metadata(S, by)` group. Its value is the
 * versionstamp (10 bytes) of the newest change.
 *
 * @param by the group's fields as registered, and their values as key items
 */
export function headKey(
  tenant: Tenant,
  source: string,
  by?: { readonly fields: readonly string[]; readonly values: readonly TupleItem[] },
): Bytes {
  const keys = sourceKeys(tenant, source);
  return by === undefined ? keys.head : keys.groupHead(by.fields, by.values);
}
