/** A set of keys, kept as half-open ranges that neither overlap nor touch. */

import { AFTER_ALL, type Key } from "./key.js";
import { type Cursor, SortedMap } from "./sorted-map.js";

/** A stretch of keys that are all in a set, or all outside of it; it reaches as far as it can. */
export interface Stretch {
  readonly inside: boolean;
  readonly begin: Key;
  readonly end: Key;
}

const OUTSIDE: Stretch = Object.freeze({ inside: false, begin: "", end: AFTER_ALL });

export class RangeSet {
  private map: SortedMap<Key> | undefined;

  get empty(): boolean {
    return this.map === undefined || this.map.size === 0;
  }

  add(begin: Key, end: Key): void {
    if (begin >= end) return;
    this.map ??= new SortedMap();
    const left = this.map.before(begin);
    let from = begin;
    let to = end;
    if (left.key !== undefined && left.value! >= begin) {
      from = left.key;
      if (left.value! > to) to = left.value!;
    }
    this.map.deleteRange(from, `${end}\0`, (_, e) => {
      if (e > to) to = e;
    });
    this.map.set(from, to);
  }

  remove(begin: Key, end: Key): void {
    if (begin >= end || this.empty) return;
    const map = this.map!;
    const left = map.before(begin);
    const keep: [Key, Key][] = [];
    if (left.key !== undefined && left.value! > begin) {
      const { key, value } = left;
      map.set(key, begin);
      if (value! > end) keep.push([end, value!]);
    }
    map.deleteRange(begin, end, (_, e) => {
      if (e > end) keep.push([end, e]);
    });
    for (const [b, e] of keep) map.set(b, e);
  }

  has(key: Key): boolean {
    return this.rangeOf(key) !== undefined;
  }

  /** The range that holds `key`. */
  rangeOf(key: Key): readonly [Key, Key] | undefined {
    if (this.empty) return undefined;
    const cursor = this.map!.before(`${key}\0`);
    return cursor.key !== undefined && cursor.value! > key ? [cursor.key, cursor.value!] : undefined;
  }

  /** The stretch that holds `key`. */
  stretchAt(key: Key): Stretch {
    if (this.empty) return OUTSIDE;
    return this.stretch(this.map!.before(`${key}\0`), (end) => end > key, `${key}\0`);
  }

  /** The stretch that ends at `key` or reaches over it. */
  stretchBelow(key: Key): Stretch {
    if (this.empty) return OUTSIDE;
    return this.stretch(this.map!.before(key), (end) => end >= key, key);
  }

  private stretch(left: Cursor<Key>, covers: (end: Key) => boolean, next: Key): Stretch {
    if (left.key !== undefined && covers(left.value!))
      return { inside: true, begin: left.key, end: left.value! };
    const end = this.map!.atOrAfter(next).key ?? AFTER_ALL;
    return { inside: false, begin: left.key === undefined ? "" : left.value!, end };
  }

  /** The parts of the set inside `[begin, end)`, in order. */
  within(begin: Key, end: Key): [Key, Key][] {
    const parts: [Key, Key][] = [];
    if (this.empty || begin >= end) return parts;
    const first = this.rangeOf(begin);
    if (first !== undefined) parts.push([begin, first[1] < end ? first[1] : end]);
    for (
      const cursor = this.map!.atOrAfter(`${begin}\0`);
      cursor.key !== undefined && cursor.key < end;
      cursor.next()
    )
      parts.push([cursor.key, cursor.value! < end ? cursor.value! : end]);
    return parts;
  }

  /** The parts of `[begin, end)` that are not in the set, in order. */
  without(begin: Key, end: Key): [Key, Key][] {
    const parts: [Key, Key][] = [];
    let from = begin;
    for (const [b, e] of this.within(begin, end)) {
      if (from < b) parts.push([from, b]);
      from = e;
    }
    if (from < end) parts.push([from, end]);
    return parts;
  }
}
