/** Looks up keys of an ordered map, and the gaps between them, from neighbour to neighbour without searching anew. */

import { AFTER_ALL, type Key, type SortedMap } from "../../keys/index.js";

/** Valid until the map changes. */
export class Walk<V> {
  /** The key, or the gap, that was found. */
  begin: Key = "";
  end: Key = AFTER_ALL;
  value: V | undefined;
  /** What was asked for lies behind the key before, and not behind the cursor's. */
  private before: Key | undefined;
  private valueBefore: V | undefined;
  private cursor: ReturnType<SortedMap<V>["atOrAfter"]> | undefined;

  constructor(private readonly map: SortedMap<V>) {}

  /** Finds the key at `key`, or the gap around it; with `below`, what ends at `key` or reaches over it. */
  seek(key: Key, below: boolean): void {
    this.place(key);
    const { before, cursor } = this;
    const next = cursor!.key;
    const begin = before === undefined ? "" : `${before}\0`;
    if (below && before !== undefined && begin === key) this.found(before, key, this.valueBefore);
    else if (!below && next === key) this.found(key, `${key}\0`, cursor!.value);
    else this.found(begin, next ?? AFTER_ALL, undefined);
  }

  private found(begin: Key, end: Key, value: V | undefined): void {
    this.begin = begin;
    this.end = end;
    this.value = value;
  }

  private place(key: Key): void {
    const { cursor } = this;
    if (cursor !== undefined) {
      if (this.surrounds(key)) return;
      if (this.before === undefined || this.before < key) this.pass();
      else {
        cursor.previous();
        cursor.previous();
        this.pass();
      }
      if (this.surrounds(key)) return;
    }
    this.cursor = this.map.before(key);
    this.pass();
  }

  private surrounds(key: Key): boolean {
    const next = this.cursor!.key;
    return (this.before === undefined || this.before < key) && (next === undefined || key <= next);
  }

  private pass(): void {
    const cursor = this.cursor!;
    this.before = cursor.key;
    this.valueBefore = cursor.value;
    cursor.next();
  }
}
