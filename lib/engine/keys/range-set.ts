/** A set of keys, kept as half-open ranges that neither overlap nor touch. */

import type { Key } from "./key.js";
import { SortedMap } from "./sorted-map.js";

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
