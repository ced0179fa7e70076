/** Cuts the key space into segments by what a transaction knows of them: FoundationDB's read-your-writes iterator. */

import { AFTER_ALL, type Key, MAX_SYSTEM_KEY, type SortedMap, type Stretch } from "../../keys/index.js";
import type { Write, WriteMap } from "../../writes/index.js";
import type { Known } from "./snapshot-cache.js";

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

interface Part {
  readonly begin: Key;
  readonly end: Key;
}

/** The key at `key`, or the gap around it. */
function pointAt<V>(map: SortedMap<V>, key: Key): Part & { readonly value: V | undefined } {
  const next = map.atOrAfter(key);
  if (next.key === key) return { begin: key, end: `${key}\0`, value: next.value };
  const last = map.before(key);
  return {
    begin: last.key === undefined ? "" : `${last.key}\0`,
    end: next.key ?? AFTER_ALL,
    value: undefined,
  };
}

/** The key or the gap that ends at `key`, or reaches over it. */
function pointBelow<V>(map: SortedMap<V>, key: Key): Part & { readonly value: V | undefined } {
  const last = map.before(key);
  const begin = last.key === undefined ? "" : `${last.key}\0`;
  if (begin === key && last.key !== undefined) return { begin: last.key, end: key, value: last.value };
  return { begin, end: map.atOrAfter(key).key ?? AFTER_ALL, value: undefined };
}

const typeOf = (write: Write): "cleared" | "independent" | "dependent" => {
  if (write.known && !write.operation) return "cleared";
  return write.independent ? "independent" : "dependent";
};

export class Segments {
  constructor(
    private readonly known: Known,
    private readonly writes: WriteMap | undefined,
  ) {}

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
    const { known, writes } = this;
    const point = below ? pointBelow : pointAt;
    const stretch = (set: { stretchAt(k: Key): Stretch; stretchBelow(k: Key): Stretch }): Stretch =>
      below ? set.stretchBelow(key) : set.stretchAt(key);

    const snapshot = stretch(known.ranges);
    const parts: Part[] = [snapshot, { begin: "", end: MAX_SYSTEM_KEY }];
    let stored: Uint8Array | undefined;
    if (snapshot.inside) {
      const row = point(known.rows, key);
      parts.push(row);
      stored = row.value;
    }
    const inSnapshot = !snapshot.inside ? "unknown" : stored === undefined ? "empty" : "row";
    let kind: Segment["kind"] = inSnapshot;
    let value = stored;
    if (writes !== undefined && !writes.empty) {
      const own = point(writes.points, key);
      parts.push(own);
      if (own.value !== undefined) {
        const type = typeOf(own.value);
        if (own.value.unreadable) kind = "unreadable";
        else if (type === "cleared") kind = "empty";
        else if (type === "dependent" && inSnapshot === "unknown") kind = "unknown";
        else {
          kind = "row";
          value = own.value.over(own.value.independent ? undefined : stored);
        }
      } else {
        const cleared = stretch(writes.cleared);
        const unreadable = stretch(writes.unreadable);
        parts.push(cleared, unreadable);
        if (unreadable.inside) kind = "unreadable";
        else if (cleared.inside) kind = "empty";
      }
    }
    let begin = "";
    let end = AFTER_ALL;
    for (const part of parts) {
      if (part.begin > begin) begin = part.begin;
      if (part.end < end) end = part.end;
    }
    return { begin, end, kind, value: kind === "row" ? value : undefined };
  }
}
