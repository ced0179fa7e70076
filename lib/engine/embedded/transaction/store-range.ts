/** A range read of the store alone, as FoundationDB's client sends it to a storage server. */

import { type Key, MAX_SYSTEM_KEY } from "../../keys/index.js";
import type { Row } from "./kept-rows.js";
import { REPLY } from "./range-limits.js";
import type { Selector, StoreScan } from "./selector.js";

export interface StoreLimits {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that are read even when they are too many bytes. */
  readonly minRows: number;
}

export interface StoreRange {
  /** Values are the caller's. */
  readonly rows: readonly Row[];
  readonly more: boolean;
  readonly readToBegin: boolean;
  readonly readThroughEnd: boolean;
}

/** What a row adds to a storage server's reply beside its key and value. */
export const ROW_OVERHEAD = 24;

interface Place {
  readonly key: Key;
  readonly off: "front" | "end" | undefined;
}

function place(scan: StoreScan, { key, offset }: Selector): Place {
  let missing = offset >= 1 ? offset - 1 : 1 - offset;
  if (missing === 0) return { key, off: undefined };
  let last = key;
  const step = (row: Row): boolean => {
    last = row.key;
    return --missing > 0;
  };
  if (offset < 1) {
    scan("", key, true, step);
    return missing === 0 ? { key: last, off: undefined } : { key: "", off: "front" };
  }
  // "First at or after" names the key it starts from, so this one is a step more.
  missing++;
  scan(key, MAX_SYSTEM_KEY, false, step);
  return missing === 0 ? { key: last, off: undefined } : { key: MAX_SYSTEM_KEY, off: "end" };
}

export function readStoreRange(
  scan: StoreScan,
  begin: Selector,
  end: Selector,
  limits: StoreLimits,
  reverse: boolean,
): StoreRange {
  const beforeAll = begin.key === "" && begin.offset < 1;
  const none = { rows: [], more: false, readToBegin: beforeAll, readThroughEnd: false };
  if (end.key === "" && end.offset <= 1) return none;
  const from = beforeAll ? ({ key: "", off: undefined } as const) : place(scan, begin);
  const to = place(scan, end);
  if (from.key >= to.key) return none;
  const rows: Row[] = [];
  let bytes = 0;
  // Without a limit of bytes the client goes on from reply to reply.
  const most = limits.bytes === Number.POSITIVE_INFINITY ? limits.bytes : Math.min(limits.bytes, REPLY);
  const ended = scan(from.key, to.key, reverse, (row) => {
    rows.push(row);
    bytes += ROW_OVERHEAD + row.key.length + row.value.length;
    return rows.length < limits.rows && (bytes < most || rows.length < limits.minRows);
  });
  return {
    rows,
    more: !ended,
    readToBegin: beforeAll || (from.off === "front" && (!reverse || ended)),
    readThroughEnd: to.off === "end" && (reverse || ended),
  };
}

/** The keys that such a read has made known, from the first on; an empty range where it has told nothing. */
export function knownForward(begin: Selector, end: Selector, read: StoreRange): readonly [Key, Key] {
  const { rows, more } = read;
  let from = read.readToBegin ? "" : begin.offset <= 1 ? begin.key : MAX_SYSTEM_KEY;
  let to = read.readThroughEnd ? MAX_SYSTEM_KEY : !more && end.offset >= 1 ? end.key : "";
  if (rows.length > 0) {
    const [first, last] = [rows[0]!.key, rows[rows.length - 1]!.key];
    if (first < from) from = first;
    if (more || last >= to) to = `${last}\0`;
  }
  return [from, to];
}

/** The same of a read from the last key on. */
export function knownBackward(begin: Selector, end: Selector, read: StoreRange): readonly [Key, Key] {
  const { rows, more } = read;
  let from = read.readToBegin ? "" : !more && begin.offset <= 1 ? begin.key : MAX_SYSTEM_KEY;
  let to = read.readThroughEnd ? MAX_SYSTEM_KEY : end.offset >= 1 ? end.key : "";
  if (rows.length > 0) {
    const [first, last] = [rows[0]!.key, rows[rows.length - 1]!.key];
    if (more || last <= from) from = last;
    if (first >= to) to = `${first}\0`;
  }
  return [from, to];
}
