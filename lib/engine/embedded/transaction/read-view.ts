/** The store at one version under the transaction's own writes, for reads of ranges. */

import type { Key } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import type { WriteMap } from "../../writes/index.js";

/** `true` goes on, `false` stops. `shared` values belong to the engine and are copied before they are handed out. */
export type Visit = (key: Key, value: Uint8Array, shared: boolean) => boolean;

/** `accessed_unreadable`, and where the scan met it. */
export class UnreadableError extends EngineError {
  /** The unreadable range `[from, to)`; `at` is the end of it that the scan came from. */
  constructor(
    readonly from: Key,
    readonly to: Key,
    readonly at: Key,
  ) {
    super(1036);
  }
}

const unreadable = (key: Key, reverse: boolean): UnreadableError =>
  new UnreadableError(key, `${key}\0`, reverse ? `${key}\0` : key);

/** Stands for the value of a key that selectors count although nothing is there. */
const ABSENT = new Uint8Array(0);

/** Scans the store at the transaction's read version, which is taken when this is first called. */
export type StoreScan = (begin: Key, end: Key, reverse: boolean, visit: Visit) => boolean;

export class ReadView {
  constructor(
    private readonly store: StoreScan,
    private readonly writes: WriteMap | undefined,
  ) {}

  /**
   * Visits the rows of `[begin, end)` in order until `visit` returns false; returns whether it came to the end.
   * Throws `accessed_unreadable` on stepping into a place that waits for a versionstamp. With `counting`, own
   * operations are visited even where their result is absent, as FoundationDB's selectors count them.
   */
  scan(begin: Key, end: Key, reverse: boolean, visit: Visit, counting = false): boolean {
    const { writes } = this;
    if (begin >= end) return true;
    if (writes === undefined || writes.empty) return this.store(begin, end, reverse, visit);
    const segments = segmentsOf(writes, begin, end);
    if (reverse) segments.reverse();
    for (const { from, to, kind } of segments) {
      if (kind === "unreadable") throw new UnreadableError(from, to, reverse ? to : from);
      const ended =
        kind === "cleared"
          ? this.scanOwn(writes, from, to, reverse, visit, counting)
          : this.scanMerged(writes, from, to, reverse, visit, counting);
      if (!ended) return false;
    }
    return true;
  }

  /** Over a cleared range: only own writes are there. */
  private scanOwn(
    writes: WriteMap,
    begin: Key,
    end: Key,
    reverse: boolean,
    visit: Visit,
    counting: boolean,
  ): boolean {
    const cursor = reverse ? writes.points.before(end) : writes.points.atOrAfter(begin);
    while (cursor.key !== undefined && (reverse ? cursor.key >= begin : cursor.key < end)) {
      const write = cursor.value!;
      if (write.unreadable) throw unreadable(cursor.key, reverse);
      const value = write.over(undefined) ?? (counting && write.operation ? ABSENT : undefined);
      if (value !== undefined && !visit(cursor.key, value, true)) return false;
      if (reverse) cursor.previous();
      else cursor.next();
    }
    return true;
  }

  private scanMerged(
    writes: WriteMap,
    begin: Key,
    end: Key,
    reverse: boolean,
    visit: Visit,
    counting: boolean,
  ): boolean {
    const cursor = reverse ? writes.points.before(end) : writes.points.atOrAfter(begin);
    const inRange = (): boolean =>
      cursor.key !== undefined && (reverse ? cursor.key >= begin : cursor.key < end);
    if (!inRange()) return this.store(begin, end, reverse, visit);

    const visitOwn = (stored: Uint8Array | undefined): boolean => {
      const write = cursor.value!;
      const key = cursor.key!;
      if (write.unreadable) throw unreadable(key, reverse);
      const value = write.over(stored) ?? (counting && write.operation ? ABSENT : undefined);
      if (reverse) cursor.previous();
      else cursor.next();
      return value === undefined || visit(key, value, true);
    };
    const ended = this.store(begin, end, reverse, (key, value, shared) => {
      while (inRange() && (reverse ? cursor.key! > key : cursor.key! < key)) {
        if (!visitOwn(undefined)) return false;
      }
      return cursor.key === key ? visitOwn(value) : visit(key, value, shared);
    });
    if (!ended) return false;
    while (inRange()) if (!visitOwn(undefined)) return false;
    return true;
  }
}

interface Segment {
  readonly from: Key;
  readonly to: Key;
  readonly kind: "open" | "cleared" | "unreadable";
}

/** `[begin, end)` cut where cleared and unreadable ranges begin and end; the two never overlap. */
function segmentsOf(writes: WriteMap, begin: Key, end: Key): Segment[] {
  if (writes.cleared.empty && writes.unreadable.empty) return [{ from: begin, to: end, kind: "open" }];
  const special: Segment[] = [
    ...writes.cleared.within(begin, end).map(([from, to]) => ({ from, to, kind: "cleared" as const })),
    ...writes.unreadable.within(begin, end).map(([from, to]) => ({ from, to, kind: "unreadable" as const })),
  ].sort((a, b) => (a.from < b.from ? -1 : 1));
  const segments: Segment[] = [];
  let at = begin;
  for (const segment of special) {
    if (at < segment.from) segments.push({ from: at, to: segment.from, kind: "open" });
    segments.push(segment);
    at = segment.to;
  }
  if (at < end) segments.push({ from: at, to: end, kind: "open" });
  return segments;
}
