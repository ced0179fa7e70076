/** Cuts the key space into segments by what a transaction knows of them: FoundationDB's read-your-writes iterator. */

import { AFTER_ALL, type Key, MAX_SYSTEM_KEY, type RangeSet, type Stretch } from "../../keys/index.js";
import type { Write, WriteMap } from "../../writes/index.js";
import type { Known } from "./snapshot-cache.js";
import { Walk } from "./walk.js";

export interface Segment {
  readonly begin: Key;
  readonly end: Key;
  /**
   * `row` is one key that has a value, or an own operation, whose value may have come out absent; `unreadable` waits for
   * a versionstamp.
   */
  readonly kind: "unknown" | "empty" | "row" | "unreadable";
  /** Of a row. */
  readonly value: Uint8Array | undefined;
}

const typeOf = (write: Write): "cleared" | "independent" | "dependent" => {
  if (write.known && !write.operation) return "cleared";
  return write.independent ? "independent" : "dependent";
};

/** The same read asks for one segment after the other, so that the next one is mostly a step away. */
export class Segments {
  private readonly rows: Walk<Buffer>;
  private readonly own: Walk<Write> | undefined;
  private snapshot: Stretch = NOWHERE;
  private cleared: Stretch = NOWHERE;
  private unreadable: Stretch = NOWHERE;

  /** `known` and `writes` must not change any more. */
  constructor(
    private readonly known: Known,
    private readonly writes: WriteMap | undefined,
  ) {
    this.rows = new Walk(known.rows);
    if (writes !== undefined && !writes.empty) this.own = new Walk(writes.points);
  }

  /** The segment that holds `key`. */
  at(key: Key): Segment {
    return this.segment(key, false);
  }

  /** The segment that ends at `key`, the begin of another one. */
  below(key: Key): Segment {
    return this.segment(key, true);
  }

  private segment(key: Key, below: boolean): Segment {
    if (!below && key >= MAX_SYSTEM_KEY)
      return { begin: MAX_SYSTEM_KEY, end: AFTER_ALL, kind: "empty", value: undefined };
    const { rows, own } = this;
    this.snapshot = stretch(this.known.ranges, this.snapshot, key, below);
    let { begin, end } = this.snapshot;
    if (end > MAX_SYSTEM_KEY) end = MAX_SYSTEM_KEY;
    let stored: Uint8Array | undefined;
    if (this.snapshot.inside) {
      rows.seek(key, below);
      stored = rows.value;
      if (rows.begin > begin) begin = rows.begin;
      if (rows.end < end) end = rows.end;
    }
    const inSnapshot = !this.snapshot.inside ? "unknown" : stored === undefined ? "empty" : "row";
    let kind: Segment["kind"] = inSnapshot;
    let value = stored;
    if (own !== undefined) {
      own.seek(key, below);
      if (own.begin > begin) begin = own.begin;
      if (own.end < end) end = own.end;
      const write = own.value;
      if (write !== undefined) {
        const type = typeOf(write);
        if (write.unreadable) kind = "unreadable";
        else if (type === "cleared") kind = "empty";
        else if (type === "dependent" && inSnapshot === "unknown") kind = "unknown";
        else {
          kind = "row";
          value = write.over(write.independent ? undefined : stored);
        }
      } else {
        const { writes } = this;
        this.cleared = stretch(writes!.cleared, this.cleared, key, below);
        this.unreadable = stretch(writes!.unreadable, this.unreadable, key, below);
        for (const part of [this.cleared, this.unreadable]) {
          if (part.begin > begin) begin = part.begin;
          if (part.end < end) end = part.end;
        }
        if (this.unreadable.inside) kind = "unreadable";
        else if (this.cleared.inside) kind = "empty";
      }
    }
    return { begin, end, kind, value: kind === "row" ? value : undefined };
  }
}

const NOWHERE: Stretch = { inside: false, begin: "", end: "" };

/** The stretch at or below `key`, which is `last` as long as that reaches. */
function stretch(set: RangeSet, last: Stretch, key: Key, below: boolean): Stretch {
  if (below) return last.begin < key && key <= last.end ? last : set.stretchBelow(key);
  return last.begin <= key && key < last.end ? last : set.stretchAt(key);
}
