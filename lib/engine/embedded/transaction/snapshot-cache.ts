/** Remembers what a transaction has read of the store: which keys it knows, and their values.
 *
 * FoundationDB's client keeps the same. What is known is not read again, answers reads when the version has become too
 * old, and decides how far a range read looks before it ends. Recording is a few pushes a read; the records are put in
 * order only when they are needed.
 */

import type { Key } from "../../keys/index.js";
import { RangeSet, SortedMap } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import type { StoredRow } from "../versions/index.js";
import { KeptRows } from "./kept-rows.js";

/** Inside of `ranges` every key is known, and absent where `rows` has none. */
export interface Known {
  readonly ranges: RangeSet;
  readonly rows: SortedMap<Buffer>;
}

/**
 * Lists, newest first: most transactions read one key, for which an array would be dear. Of classes, since V8 comes to
 * allocate literals among what lives long where a few transactions have read much.
 */
class Point {
  constructor(
    readonly key: Key,
    readonly value: Buffer | undefined,
    readonly before: Point | undefined,
  ) {}
}

class Range {
  constructor(
    readonly begin: Key,
    readonly end: Key,
    readonly rows: KeptRows,
    readonly before: Range | undefined,
  ) {}
}

export class SnapshotCache {
  private points: Point | undefined;
  private ranges: Range | undefined;
  private ordered: Known | undefined;

  /** The value is nobody's to change. */
  addPoint(key: Key, value: Buffer | undefined): void {
    this.points = new Point(key, value, this.points);
  }

  /** The rows are copied. */
  addRange(begin: Key, end: Key, rows: readonly StoredRow[]): void {
    if (begin < end) this.ranges = new Range(begin, end, new KeptRows(rows), this.ranges);
  }

  /** Throws `transaction_too_old` when the key was never read. */
  get(key: Key): Buffer | undefined {
    const { ranges, rows } = this.known;
    if (!ranges.has(key)) throw new EngineError(1007);
    return rows.get(key);
  }

  get known(): Known {
    this.ordered ??= { ranges: new RangeSet(), rows: new SortedMap() };
    const { ordered } = this;
    for (let point = this.points; point !== undefined; point = point.before) {
      ordered.ranges.add(point.key, `${point.key}\0`);
      if (point.value !== undefined) ordered.rows.set(point.key, point.value);
    }
    for (let range = this.ranges; range !== undefined; range = range.before) {
      ordered.ranges.add(range.begin, range.end);
      range.rows.each((key, value) => ordered.rows.set(key, value));
    }
    this.points = undefined;
    this.ranges = undefined;
    return ordered;
  }
}
