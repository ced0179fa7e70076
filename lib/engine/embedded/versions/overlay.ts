/** Several versions of what changed lately, in memory, over the file that holds one.
 *
 * A key that is not here has the same value at every readable version, in the file as it is now or as any
 * flush in flight will leave it. So reads are synchronous, need no LMDB snapshot per version, and never wait
 * for writers.
 */

import { compareKey, copyValue, type Key, toBytes } from "../../keys/index.js";
import { RangeClears } from "./range-clears.js";
import { Past, Slot } from "./slot.js";
import { SlotOrder } from "./slot-order.js";
import type { StoredRow, StoredRows } from "./stored-rows.js";

/** The row is the visitor's. `true` goes on, `false` stops. */
type Visit = (row: StoredRow) => boolean;

export class Overlay {
  /** Ranges whose rows in the file are hidden until they are removed from it. */
  readonly clears = new RangeClears();
  private readonly slots = new Map<Key, Slot>();
  private readonly order = new SlotOrder((key) => this.slots.get(key));

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
    this.order.add(slot);
  }

  /** Keys that the next read of a range has to sort in first. */
  get waiting(): number {
    return this.order.waiting;
  }

  /** Every key before `end` that is here, in order, and its value at `version`. */
  valuesBefore(end: Key, version: number): (readonly [key: Key, value: Buffer | undefined])[] {
    const values: (readonly [Key, Buffer | undefined])[] = [];
    for (const slot of this.slotsIn("", end)) values.push([slot.key, this.valueOf(slot, version)]);
    return values;
  }

  /** The slots of `[begin, end)` in order. */
  *slotsIn(begin: Key, end: Key): Generator<Slot> {
    const cursor = this.order.cursor(begin, end, false);
    for (let { slot } = cursor; slot !== undefined; slot = cursor.slot) {
      yield slot;
      cursor.step();
    }
  }

  /** Forgets a slot whose newest write is at or before `cutoff` and in the file; trims it otherwise. */
  evict(slot: Slot, cutoff: number): void {
    if (slot.version > cutoff || slot.dirty) {
      slot.trim(cutoff);
      return;
    }
    if (this.slots.get(slot.key) !== slot) return;
    this.slots.delete(slot.key);
    this.order.forget(slot);
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
    const cursor = this.order.cursor(begin, end, reverse);
    for (let { slot } = cursor; slot !== undefined; slot = cursor.slot) {
      if (slot.versionAt(version) >= cleared && !show(slot, version, visit)) return false;
      cursor.step();
    }
    return true;
  }

  private scanRows(begin: Key, end: Key, reverse: boolean, version: number, visit: Visit): boolean {
    const cursor = this.order.cursor(begin, end, reverse);
    const rows = this.stored.scan(begin, end, reverse);
    try {
      for (let row = rows.next(); row.done !== true; row = rows.next()) {
        const { key } = row.value;
        let same = false;
        for (let { slot } = cursor; slot !== undefined && !same; slot = cursor.slot) {
          const order = compareKey(slot.key, key);
          if (reverse ? order < 0 : order > 0) break;
          same = order === 0;
          if (!show(slot, version, visit, same ? key : undefined)) return false;
          cursor.step();
        }
        if (!same && !visit(row.value)) return false;
      }
    } catch (error) {
      throw this.stored.damaged(error);
    } finally {
      rows.return?.();
    }
    for (let { slot } = cursor; slot !== undefined; slot = cursor.slot) {
      if (!show(slot, version, visit)) return false;
      cursor.step();
    }
    return true;
  }
}

/** Goes on where the key has no value. */
function show(slot: Slot, version: number, visit: Visit, key = toBytes(slot.key)): boolean {
  const value = slot.at(version);
  return value === undefined || visit({ key, value: copyValue(value), own: true });
}
