/** Range reads of a nested transaction: the outer one's rows with its own writes over them. */

import { type Key, toBytes, toKey } from "../keys/index.js";
import {
  EngineError,
  firstGreaterOrEqual,
  type KeyValue,
  type RangeBatch,
  type RangeOptions,
  type Transaction,
} from "../port/index.js";
import type { OwnRange } from "./own-writes.js";

/** A part of a range in which the outer transaction is read (`open`) or not. */
interface Segment {
  readonly from: Key;
  readonly to: Key;
  readonly kind: "open" | "cleared" | "unreadable";
}

/** `[begin, end)` cut where own cleared and unreadable ranges begin and end; the two never overlap. */
function segmentsOf(own: OwnRange, begin: Key, end: Key): Segment[] {
  const special = [
    ...own.cleared.map(([from, to]) => ({ from, to, kind: "cleared" as const })),
    ...own.unreadable.map(([from, to]) => ({ from, to, kind: "unreadable" as const })),
  ];
  special.sort((a, b) => (a.from < b.from ? -1 : 1));
  const segments: Segment[] = [];
  let at = begin;
  for (const { from, to, kind } of special) {
    if (to <= begin || from >= end) continue;
    if (at < from) segments.push({ from: at, to: from, kind: "open" });
    segments.push({ from: from < begin ? begin : from, to: to > end ? end : to, kind });
    at = to;
  }
  if (at < end) segments.push({ from: at, to: end, kind: "open" });
  return segments;
}

/** The outer transaction's rows of `[from, to)` under the own writes, in order; `undefined` where one waits for a stamp. */
function merge(rows: readonly KeyValue[], own: OwnRange, from: Key, to: Key): (KeyValue | undefined)[] {
  const merged = new Map<Key, KeyValue | undefined>(rows.map((row) => [toKey(row[0]), row]));
  for (const [key, write] of own.points) {
    if (key < from || key >= to) continue;
    const value = write.unreadable ? undefined : write.over(merged.get(key)?.[1]);
    if (value !== undefined) merged.set(key, [toBytes(key), Buffer.from(value)]);
    else if (write.unreadable) merged.set(key, undefined);
    else merged.delete(key);
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** The part of `[from, to)` that holds `count` rows for certain, by the own ones alone; all of it when they are fewer. */
function enoughFor(count: number, own: OwnRange, from: Key, to: Key, reverse: boolean): readonly [Key, Key] {
  const present: Key[] = [];
  for (const [key, write] of own.points) {
    if (write.present && key >= from && key < to) present.push(key);
  }
  if (present.length < count) return [from, to];
  return reverse ? [present.at(-count)!, to] : [from, `${present[count - 1]}\0`];
}

/**
 * One batch of the rows of `[begin, end)`.
 *
 * @throws EngineError 1036 (accessed_unreadable) where the rows asked for reach a place that waits for a versionstamp
 */
export async function readMerged(
  outer: Transaction,
  own: OwnRange,
  begin: Key,
  end: Key,
  options: RangeOptions,
): Promise<RangeBatch> {
  const { limit = 0, reverse = false } = options;
  const rows: KeyValue[] = [];
  /** Whether the limit is reached. */
  const take = (found: (KeyValue | undefined)[]): boolean => {
    if (reverse) found.reverse();
    for (const row of found) {
      if (row === undefined) throw new EngineError(1036);
      rows.push(row);
      if (rows.length === limit) return true;
    }
    return false;
  };
  const segments = segmentsOf(own, begin, end);
  if (reverse) segments.reverse();
  for (const { from, to, kind } of segments) {
    if (kind === "unreadable") throw new EngineError(1036);
    if (kind === "cleared") {
      if (take(merge([], own, from, to))) return { rows, more: true };
      continue;
    }
    // No further than needed: behind it may be what cannot be read.
    let [low, high] = limit === 0 ? [from, to] : enoughFor(limit - rows.length, own, from, to, reverse);
    for (let more = true; more; ) {
      const batch = await outer.getRange(
        firstGreaterOrEqual(toBytes(low)),
        firstGreaterOrEqual(toBytes(high)),
        limit === 0 ? options : { ...options, limit: limit - rows.length },
      );
      more = batch.more;
      const last = more ? toKey(batch.rows.at(-1)![0]) : undefined;
      const [start, stop] = last === undefined ? [low, high] : reverse ? [last, high] : [low, `${last}\0`];
      if (take(merge(batch.rows, own, start, stop))) return { rows, more: true };
      // A limit is filled, as the engines do it; without one, a batch is as large as the outer one's.
      if (more && limit === 0 && rows.length > 0) return { rows, more: true };
      if (reverse) high = start;
      else low = stop;
    }
  }
  return { rows, more: false };
}
