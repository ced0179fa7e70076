/** The keys and ranges that a transaction has read, so that its commit can tell whether they were changed. */

import { AFTER_ALL, type Key, RangeSet } from "../../keys/index.js";
import type { ConflictHistory } from "./conflict-history.js";

const NONE: readonly Key[] = [];

export class ReadConflicts {
  /** Most transactions read one key, or none. */
  private points: Key[] | undefined;
  /** Begin and end, one after the other. */
  private ranges: Key[] | undefined;

  get empty(): boolean {
    return this.points === undefined && this.ranges === undefined;
  }

  addPoint(key: Key): void {
    if (this.points === undefined) this.points = [key];
    else this.points.push(key);
  }

  addRange(begin: Key, end: Key): void {
    if (isPoint(begin, end)) this.addPoint(begin);
    else if (begin >= end) return;
    else if (this.ranges === undefined) this.ranges = [begin, end];
    else this.ranges.push(begin, end);
  }

  changedSince(history: ConflictHistory, version: number): boolean {
    const { points = NONE, ranges = NONE } = this;
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
    const { points = NONE, ranges = NONE } = this;
    const all = new RangeSet();
    for (const key of points) all.add(key, `${key}\0`);
    for (let i = 0; i < ranges.length; i += 2) all.add(ranges[i]!, ranges[i + 1]!);
    return all.within("", AFTER_ALL);
  }
}

/** Whether the range holds one key, whose answer needs no order of keys. */
function isPoint(begin: Key, end: Key): boolean {
  return end.length === begin.length + 1 && end.charCodeAt(begin.length) === 0 && end.startsWith(begin);
}
