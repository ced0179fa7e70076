/** The slots in memory in the order of their keys.
 *
 * Most writes are never read as part of a range while they are here, so putting them in order, and taking them out of it,
 * is left until there are many of them.
 */

import { type Key, SortedMap } from "../../keys/index.js";
import type { Slot } from "./slot.js";

/** Slots that may wait to be sorted in, and those that are in one turn when there are more. */
const UNSORTED = { most: 10_000, atOnce: 10_000 };
/** So many forgotten slots may stay beside others; more only while they are fewer than those. */
const FORGOTTEN = 64;

/** Goes over the slots of a range in one direction; valid until the order changes. `slot` is undefined past the last one. */
export class SlotCursor {
  slot: Slot | undefined;

  constructor(
    private readonly cursor: ReturnType<SortedMap<Slot>["atOrAfter"]>,
    private readonly reverse: boolean,
    private readonly bound: Key,
  ) {
    this.skip();
  }

  step(): void {
    this.move();
    this.skip();
  }

  private move(): void {
    if (this.reverse) this.cursor.previous();
    else this.cursor.next();
  }

  private skip(): void {
    const { cursor, reverse, bound } = this;
    for (let { value } = cursor; value !== undefined; value = cursor.value) {
      if (reverse ? value.key < bound : value.key >= bound) break;
      if (!value.forgotten) {
        this.slot = value;
        return;
      }
      this.move();
    }
    this.slot = undefined;
  }
}

export class SlotOrder {
  private readonly order = new SortedMap<Slot>();
  /** Keys of slots; one that was forgotten and written again may be there twice. */
  private unsorted: Key[] = [];
  private sorting = false;
  private forgotten = 0;

  /** @param find the slot that a key has now */
  constructor(private readonly find: (key: Key) => Slot | undefined) {}

  /** Slots that the next read of a range has to sort in first. */
  get waiting(): number {
    return this.unsorted.length;
  }

  add(slot: Slot): void {
    this.unsorted.push(slot.key);
    if (this.unsorted.length > UNSORTED.most) this.sortLater();
  }

  /** Of a slot that was added. */
  forget(slot: Slot): void {
    slot.forget();
    this.forgotten++;
    const all = this.order.size + this.unsorted.length;
    if (this.forgotten >= all || (this.forgotten > FORGOTTEN && 2 * this.forgotten > all)) this.compact();
  }

  /** At the first slot of `[begin, end)`, or backwards at the last one. */
  cursor(begin: Key, end: Key, reverse: boolean): SlotCursor {
    const order = this.sorted();
    return reverse
      ? new SlotCursor(order.before(end), true, begin)
      : new SlotCursor(order.atOrAfter(begin), false, end);
  }

  private compact(): void {
    this.forgotten = 0;
    this.unsorted = this.unsorted.filter((key) => this.find(key) !== undefined);
    this.order.filter(isKept);
  }

  private sorted(): SortedMap<Slot> {
    if (this.unsorted.length > 0) {
      this.sortIn(this.unsorted);
      this.unsorted = [];
    }
    return this.order;
  }

  /** After a load of new keys, a read of a range would sort all of them in one turn of the event loop. */
  private sortLater(): void {
    if (this.sorting) return;
    this.sorting = true;
    setImmediate(() => {
      this.sorting = false;
      this.sortIn(this.unsorted.splice(0, UNSORTED.atOnce));
      if (this.unsorted.length > UNSORTED.most) this.sortLater();
    }).unref();
  }

  private sortIn(all: Key[]): void {
    // Without a function of ours it is in the order of their bytes, and twice as fast.
    all.sort();
    const keys: Key[] = [];
    const slots: Slot[] = [];
    for (let i = 0; i < all.length; i++) {
      const key = all[i]!;
      const slot = key === all[i + 1] ? undefined : this.find(key);
      if (slot === undefined) continue;
      keys.push(key);
      slots.push(slot);
    }
    this.order.setAll(keys, slots);
  }
}

const isKept = (slot: Slot): boolean => !slot.forgotten;
