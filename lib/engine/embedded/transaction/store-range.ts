/** A range read of the store alone, as FoundationDB's client sends it to a storage server. */

import { type Key, MAX_SYSTEM_KEY, toKey } from "../../keys/index.js";
import type { StoredRow } from "../versions/index.js";
import { REPLY } from "./range-limits.js";
import type { Selector, StoreScan } from "./selector.js";

export interface StoreLimits {
  readonly rows: number;
  readonly bytes: number;
  /** Rows that are read even when they are too many bytes. */
  readonly minRows: number;
}

/** What a range read has found out, without its rows. */
export interface RangeEnds {
  /** Keys of the first and the last row. */
  readonly first: Key | undefined;
  readonly last: Key | undefined;
  readonly more: boolean;
  readonly readToBegin: boolean;
  readonly readThroughEnd: boolean;
}

export interface StoreRange extends RangeEnds {
  /** They are the caller's. */
  readonly rows: readonly StoredRow[];
}

export function endsOf(rows: readonly StoredRow[]): Pick<RangeEnds, "first" | "last"> {
  const { length } = rows;
  if (length === 0) return NO_ENDS;
  return { first: toKey(rows[0]!.key), last: toKey(rows[length - 1]!.key) };
}

const NO_ENDS = { first: undefined, last: undefined } as const;

/** What a row adds to a storage server's reply beside its key and value. */
export const ROW_OVERHEAD = 24;

interface Place {
  readonly key: Key;
  readonly off: "front" | "end" | undefined;
}

function place(scan: StoreScan, { key, offset }: Selector): Place {
  let missing = offset >= 1 ? offset - 1 : 1 - offset;
  if (missing === 0) return { key, off: undefined };
  let last: StoredRow | undefined;
  const step = (row: StoredRow): boolean => {
    last = row;
    return --missing > 0;
  };
  const found = (): Key | undefined => (last === undefined || missing > 0 ? undefined : toKey(last.key));
  if (offset < 1) {
    scan("", key, true, step);
    const at = found();
    return at === undefined ? { key: "", off: "front" } : { key: at, off: undefined };
  }
  // "First at or after" names the key it starts from, so this one is a step more.
  missing++;
  scan(key, MAX_SYSTEM_KEY, false, step);
  const at = found();
  return at === undefined ? { key: MAX_SYSTEM_KEY, off: "end" } : { key: at, off: undefined };
}

export function readStoreRange(
  scan: StoreScan,
  begin: Selector,
  end: Selector,
  limits: StoreLimits,
  reverse: boolean,
): StoreRange {
  const beforeAll = begin.key === "" && begin.offset < 1;
  const none = { rows: [], ...NO_ENDS, more: false, readToBegin: beforeAll, readThroughEnd: false };
  if (end.key === "" && end.offset <= 1) return none;
  const from = beforeAll ? ({ key: "", off: undefined } as const) : place(scan, begin);
  const to = place(scan, end);
  if (from.key >= to.key) return none;
  const rows: StoredRow[] = [];
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
    ...endsOf(rows),
    more: !ended,
    readToBegin: beforeAll || (from.off === "front" && (!reverse || ended)),
    readThroughEnd: to.off === "end" && (reverse || ended),
  };
}

/** The keys that such a read has made known, from the first on; an empty range where it has told nothing. */
export function knownForward(begin: Selector, end: Selector, read: RangeEnds): readonly [Key, Key] {
  const { first, last, more } = read;
  let from = read.readToBegin ? "" : begin.offset <= 1 ? begin.key : MAX_SYSTEM_KEY;
  let to = read.readThroughEnd ? MAX_SYSTEM_KEY : !more && end.offset >= 1 ? end.key : "";
  if (first !== undefined && last !== undefined) {
    if (first < from) from = first;
    if (more || last >= to) to = `${last}\0`;
  }
  return [from, to];
}

/** The same of a read from the last key on. */
export function knownBackward(begin: Selector, end: Selector, read: RangeEnds): readonly [Key, Key] {
  const { first, last, more } = read;
  let from = read.readToBegin ? "" : !more && begin.offset <= 1 ? begin.key : MAX_SYSTEM_KEY;
  let to = read.readThroughEnd ? MAX_SYSTEM_KEY : end.offset >= 1 ? end.key : "";
  if (first !== undefined && last !== undefined) {
    if (more || last <= from) from = last;
    if (first >= to) to = `${first}\0`;
  }
  return [from, to];
}
