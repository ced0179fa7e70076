/** A transaction's own writes, as its reads see them and its commit sends them (FoundationDB's write map). */

import { AFTER_ALL, type Key, RangeSet, SortedMap } from "../keys/index.js";
import { MutationType } from "../port/index.js";
import type { AtomicType } from "./atomic.js";
import { CLEAR_RANGE, type Mutation } from "./mutation.js";
import { Write } from "./write.js";

export class WriteMap {
  readonly points = new SortedMap<Write>();
  readonly cleared = new RangeSet();
  /** Where a versionstamped key may come to lie. */
  readonly unreadable = new RangeSet();
  /** Write conflict ranges beside those of single writes. */
  private readonly conflicts = new RangeSet();
  /** Writes that a versionstamped key's range swallowed; sent ahead of everything else. */
  private readonly early: Mutation[] = [];

  get empty(): boolean {
    return this.points.size === 0 && this.cleared.empty && this.conflicts.empty && this.early.length === 0;
  }

  /** Whether there is anything that a read of `[begin, end]` would see. */
  touches(begin: Key, end: Key): boolean {
    const point = this.points.atOrAfter(begin).key;
    if (point !== undefined && point <= end) return true;
    return [this.cleared, this.unreadable].some((ranges) => {
      const stretch = ranges.stretchAt(begin);
      return stretch.inside || stretch.end <= end;
    });
  }

  set(key: Key, value: Uint8Array, conflict: boolean): void {
    this.at(key, conflict).set(value);
  }

  clear(key: Key, conflict: boolean): void {
    this.at(key, conflict).clear();
    if (!this.unreadable.empty) this.unreadable.remove(key, `${key}\0`);
  }

  atomic(type: MutationType, key: Key, operand: Uint8Array, conflict: boolean): void {
    const write = this.at(key, conflict);
    if (type === MutationType.setVersionstampedKey || type === MutationType.setVersionstampedValue)
      write.stamped(type, operand);
    else write.atomic(type as AtomicType, operand);
  }

  clearRange(begin: Key, end: Key, conflict: boolean): void {
    this.points.deleteRange(begin, end, (key, write) => {
      if (write.conflict && !conflict) this.conflicts.add(key, `${key}\0`);
    });
    this.cleared.add(begin, end);
    this.unreadable.remove(begin, end);
    if (conflict) this.conflicts.add(begin, end);
  }

  addConflict(begin: Key, end: Key): void {
    this.conflicts.add(begin, end);
  }

  /**
   * A versionstamped key may land anywhere in `[begin, end)`: what was written there goes out first, and nothing
   * there can be read until it is cleared.
   */
  hide(begin: Key, end: Key): void {
    for (const [b, e] of this.cleared.within(begin, end))
      this.early.push({ type: CLEAR_RANGE, key: b, end: e });
    this.points.deleteRange(begin, end, (key, write) => {
      write.eachMutation(key, (mutation) => this.early.push(mutation));
      if (write.conflict) this.conflicts.add(key, `${key}\0`);
    });
    this.cleared.remove(begin, end);
    this.unreadable.add(begin, end);
  }

  /** What the commit sends, in FoundationDB's order: swallowed writes, cleared ranges, then key by key. */
  eachMutation(visit: (mutation: Mutation) => void): void {
    for (const mutation of this.early) visit(mutation);
    if (!this.cleared.empty)
      for (const [key, end] of this.cleared.within("", AFTER_ALL)) visit({ type: CLEAR_RANGE, key, end });
    for (const cursor = this.points.atOrAfter(""); cursor.key !== undefined; cursor.next())
      cursor.value!.eachMutation(cursor.key, visit);
  }

  /** Write conflict ranges one by one; without an end, of the single key. */
  eachConflict(visit: (begin: Key, end: Key | undefined) => void): void {
    if (!this.conflicts.empty)
      for (const [begin, end] of this.conflicts.within("", AFTER_ALL)) visit(begin, end);
    for (const cursor = this.points.atOrAfter(""); cursor.key !== undefined; cursor.next())
      if (cursor.value!.conflict) visit(cursor.key, undefined);
  }

  /** Write conflict ranges, coalesced. */
  conflictRanges(): [Key, Key][] {
    const all = new RangeSet();
    this.eachConflict((begin, end) => all.add(begin, end ?? `${begin}\0`));
    return all.within("", AFTER_ALL);
  }

  private at(key: Key, conflict: boolean): Write {
    let write = this.points.get(key);
    if (write === undefined) {
      write = new Write(this.cleared.has(key), this.unreadable.has(key));
      this.points.set(key, write);
    }
    if (conflict) write.conflict = true;
    return write;
  }
}
