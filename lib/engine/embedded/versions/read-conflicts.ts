/** The keys and ranges that a transaction has read, so that its commit can tell whether they were changed. */

import { AFTER_ALL, type Key, RangeSet } from "../../keys/index.js";
import type { ConflictHistory } from "./conflict-history.js";

export class ReadConflicts {
  private readonly points: Key[] = [];
  /** Begin and end, one after the other. */
  private readonly ranges: Key[] = [];

  get empty(): boolean {
    return this.points.length === 0 && this.ranges.length === 0;
  }

  addPoint(key: Key): void {
    this.points.push(key);
  }

  addRange(begin: Key, end: Key): void {
    if (isPoint(begin, end)) this.points.push(begin);
    else if (begin < end) this.ranges.push(begin, end);
  }

  changedSince(history: ConflictHistory, version: number): boolean {
    const { points, ranges } = this;
    for (let i = 0; i < points.length; i++) if (history.pointChangedSince(points[i]!, version)) return true;
    for (let i = 0; i < ranges.length; i += 2)
      if (history.rangeChangedSince(ranges[i]!, ranges[i + 1]!, version)) return true;
    return false;
  }

  /** The ranges that `changedSince` found changed. */
  changedRanges(history: ConflictHistory, version: number): [Key, Key][] {
    return this.coalesced().filter(([begin, end]) => history.rangeChangedSince(begin, end, version));
  }

  coalesced(): [Key, Key][] {
    const all = new RangeSet();
    for (const key of this.points) all.add(key, `${key}\0`);
    for (let i = 0; i < this.ranges.length; i += 2) all.add(this.ranges[i]!, this.ranges[i + 1]!);
    return all.within("", AFTER_ALL);
  }
}

/** Whether the range holds one key, whose answer needs no order of keys. */
function isPoint(begin: Key, end: Key): boolean {
  return end.length === begin.length + 1 && end.charCodeAt(begin.length) === 0 && end.startsWith(begin);
}
