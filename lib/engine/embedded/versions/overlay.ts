/** Several versions of what changed lately, in memory, over the file that holds one.
 *
 * A key that is not here has the same value at every readable version, in the file as it is now or as any
 * flush in flight will leave it. So reads are synchronous, need no LMDB snapshot per version, and never wait
 * for writers.
 */

import { copyValue, type Key, SortedMap } from "../../keys/index.js";
import { RangeClears } from "./range-clears.js";
import { Past, Slot } from "./slot.js";
import type { StoredRows } from "./stored-rows.js";

/** `true` goes on, `false` stops. */
type Visit = (key: Key, value: Buffer, shared: boolean) => boolean;

/** Keys that may wait to be sorted in, and those that are in one turn when there are more. */
const UNSORTED = { most: 10_000, atOnce: 5_000 };

export class Overlay {
  /** Ranges whose rows in the file are hidden until they are removed from it. */
  readonly clears = new RangeClears();
  private readonly slots = new Map<Key, Slot>();
  private readonly order = new SortedMap<Slot>();
  /** Keys that `order` lacks; sorted in only when a range is read. */
  private unsorted: Slot[] = [];
  private sorting = false;

  constructor(private readonly stored: StoredRows) {}

  get size(): number {
    return this.slots.size;
  }

  slot(key: Key): Slot | undefined {
    return this.slots.get(key);
  }

  /** A copy that belongs to the caller. */
  read(key: Key, version: number): Buffer | undefined {
    const slot = this.slots.get(key);
    if (slot === undefined) return this.rest(key, version);
    const value = this.valueOf(slot, version);
    return value === undefined ? undefined : copyValue(value);
  }

  get(key: Key, version: number): Buffer | undefined {
    const slot = this.slots.get(key);
    return slot === undefined ? this.rest(key, version) : this.valueOf(slot, version);
  }

  /** The value of a key that is not here. */
  private rest(key: Key, version: number): Buffer | undefined {
    // Whatever is newer than a clear that is at work is here.
    if (!this.clears.empty && this.clears.newestOver(key, version) > 0) return undefined;
    return this.stored.get(key);
  }

  private valueOf(slot: Slot, version: number): Buffer | undefined {
    if (!this.clears.empty && this.clears.newestOver(slot.key, version) > slot.versionAt(version))
      return undefined;
    return slot.at(version);
  }

  /** Makes `value` the newest; `version` is above everything written before. */
  put(key: Key, value: Buffer | undefined, version: number): Slot {
    const slot = this.slots.get(key);
    if (slot === undefined) {
      const past = this.stored.get(key);
      const added = new Slot(key, version, value);
      if (past !== undefined) {
        const stored = new Past(0, past, undefined);
        const cleared = this.clears.empty ? undefined : this.clears.firstAfter(key, 0);
        // The clear may be done, and forgotten, before the readers between it and this write are.
        added.before = cleared === undefined ? stored : new Past(cleared, undefined, stored);
      }
      this.adopt(added);
      return added;
    }
    if (!this.clears.empty) {
      const cleared = this.clears.firstAfter(key, slot.version);
      if (cleared !== undefined) slot.push(cleared, undefined);
    }
    slot.push(version, value);
    return slot;
  }

  /** Takes a slot for a key that has none. */
  adopt(slot: Slot): void {
    this.slots.set(slot.key, slot);
    slot.forgotten = false;
    this.unsorted.push(slot);
    if (this.unsorted.length > UNSORTED.most) this.sortLater();
  }

  /** Keys that the next read of a range has to sort in first. */
  get waiting(): number {
    return this.unsorted.length;
  }

  /** After a load of new keys, a read of a range would sort all of them in one turn of the event loop. */
  private sortLater(): void {
    if (this.sorting) return;
    this.sorting = true;
    setImmediate(() => {
      this.sorting = false;
      const some = this.unsorted.splice(0, UNSORTED.atOnce);
      // In order, they go into the map side by side.
      some.sort((a, b) => (a.key < b.key ? -1 : 1));
      this.sortIn(some);
      if (this.unsorted.length > UNSORTED.most) this.sortLater();
    }).unref();
  }

  private sortIn(slots: readonly Slot[]): void {
    for (const slot of slots) if (!slot.forgotten) this.order.set(slot.key, slot);
  }

  /** Every key before `end` that is here, in order, and its value at `version`. */
  valuesBefore(end: Key, version: number): (readonly [key: Key, value: Buffer | undefined])[] {
    const values: (readonly [Key, Buffer | undefined])[] = [];
    for (const slot of this.slotsIn("", end)) values.push([slot.key, this.valueOf(slot, version)]);
    return values;
  }

  /** The slots of `[begin, end)` in order. */
  *slotsIn(begin: Key, end: Key): Generator<Slot> {
    for (
      const cursor = this.sorted().atOrAfter(begin);
      cursor.key !== undefined && cursor.key < end;
      cursor.next()
    )
      yield cursor.value!;
  }

  /** Forgets a slot whose newest write is at or before `cutoff` and in the file; trims it otherwise. */
  evict(slot: Slot, cutoff: number): void {
    if (slot.version > cutoff || slot.dirty) {
      slot.trim(cutoff);
      return;
    }
    if (this.slots.get(slot.key) !== slot) return;
    this.slots.delete(slot.key);
    slot.forgotten = true;
    if (this.order.size > 0) this.order.delete(slot.key);
    if (this.unsorted.length > 1024 && this.unsorted.length > 2 * this.slots.size) this.compact();
  }

  /**
   * Visits the rows of `[begin, end)` at `version` in order (descending when `reverse`) until `visit` returns
   * false. Returns whether it came to the end.
   */
  scan(begin: Key, end: Key, reverse: boolean, version: number, visit: Visit): boolean {
    if (begin >= end) return true;
    if (this.clears.empty) return this.scanRows(begin, end, reverse, version, visit);
    const parts = this.clears.parts(begin, end, version);
    if (reverse) parts.reverse();
    return parts.every(({ from, to, cleared }) =>
      cleared > 0
        ? this.scanSlots(from, to, reverse, version, cleared, visit)
        : this.scanRows(from, to, reverse, version, visit),
    );
  }

  /** Over a cleared range: only what was written after it is there. */
  private scanSlots(
    begin: Key,
    end: Key,
    reverse: boolean,
    version: number,
    cleared: number,
    visit: Visit,
  ): boolean {
    const order = this.sorted();
    const cursor = reverse ? order.before(end) : order.atOrAfter(begin);
    while (cursor.key !== undefined && (reverse ? cursor.key >= begin : cursor.key < end)) {
      const slot = cursor.value!;
      const value = slot.versionAt(version) >= cleared ? slot.at(version) : undefined;
      if (value !== undefined && !visit(slot.key, value, true)) return false;
      if (reverse) cursor.previous();
      else cursor.next();
    }
    return true;
  }

  private scanRows(begin: Key, end: Key, reverse: boolean, version: number, visit: Visit): boolean {
    const order = this.sorted();
    const cursor = reverse ? order.before(end) : order.atOrAfter(begin);
    const rows = this.stored.scan(begin, end, reverse);
    try {
      for (let row = rows.next(); row.done !== true; row = rows.next()) {
        const { key, value } = row.value;
        let { key: at } = cursor;
        while (at !== undefined && (reverse ? at > key : at < key)) {
          const own = cursor.value!.at(version);
          if (own !== undefined && !visit(at, own, true)) return false;
          if (reverse) cursor.previous();
          else cursor.next();
          at = cursor.key;
        }
        if (at === key) {
          const own = cursor.value!.at(version);
          if (own !== undefined && !visit(key, own, true)) return false;
          if (reverse) cursor.previous();
          else cursor.next();
        } else if (!visit(key, value, false)) return false;
      }
    } catch (error) {
      throw this.stored.damaged(error);
    } finally {
      rows.return?.();
    }
    while (cursor.key !== undefined && (reverse ? cursor.key >= begin : cursor.key < end)) {
      const own = cursor.value!.at(version);
      if (own !== undefined && !visit(cursor.key, own, true)) return false;
      if (reverse) cursor.previous();
      else cursor.next();
    }
    return true;
  }

  /** Drops forgotten slots from the list of those never sorted. */
  private compact(): void {
    this.unsorted = this.unsorted.filter((slot) => !slot.forgotten);
  }

  private sorted(): SortedMap<Slot> {
    if (this.unsorted.length > 0) {
      this.sortIn(this.unsorted);
      this.unsorted = [];
    }
    return this.order;
  }
}
