/** Ranges that commits have cleared and the data file still has rows in, each hidden from its version on.
 *
 * A large range is not cleared key by key in the commit. It is noted here, and readers of its version or a later
 * one see nothing in it but what memory has as newer: while a clear is here, everything newer stays in memory.
 */

import { type Key, SortedMap } from "../../keys/index.js";

/** A range that is cleared as of `version`; rows before `begin` are gone from the file already. */
export interface RangeClear {
  readonly id: Key;
  readonly begin: Key;
  readonly end: Key;
  readonly version: number;
}

/** A part of a range that was asked for; `cleared` is the newest clear over it, 0 where there is none. */
export interface ClearedPart {
  readonly from: Key;
  readonly to: Key;
  readonly cleared: number;
}

const NONE: readonly number[] = [];

export class RangeClears {
  /** Oldest first. */
  private pending: readonly RangeClear[] = [];
  /** A boundary and the versions of the clears from there to the next boundary, ascending. */
  private readonly boundaries = new SortedMap<readonly number[]>();

  get empty(): boolean {
    return this.pending.length === 0;
  }

  get oldest(): RangeClear | undefined {
    return this.pending[0];
  }

  get all(): readonly RangeClear[] {
    return this.pending;
  }

  /** `clear` is not older than what is here. */
  add(clear: RangeClear): void {
    this.pending = [...this.pending, clear];
    this.change(clear.begin, clear.end, (versions) => [...versions, clear.version]);
  }

  /** The oldest clear has come as far as `begin`, or is done when that is its end. */
  advance(begin: Key): void {
    const [first, ...rest] = this.pending;
    if (first === undefined) return;
    const done = begin < first.end ? begin : first.end;
    this.pending = done < first.end ? [{ ...first, begin: done }, ...rest] : rest;
    this.uncover(first.begin, done, first.version);
  }

  /** Takes back what was cleared above `version`. */
  revert(version: number): void {
    const gone = this.pending.filter((clear) => clear.version > version);
    if (gone.length === 0) return;
    this.pending = this.pending.slice(0, this.pending.length - gone.length);
    for (const clear of gone) this.uncover(clear.begin, clear.end, clear.version);
  }

  /** The newest clear at or before `version` over `key`; 0 when there is none. */
  newestOver(key: Key, version: number): number {
    return newest(this.over(key), version);
  }

  /** The oldest clear over `key` that is newer than `version`; undefined when there is none. */
  firstAfter(key: Key, version: number): number | undefined {
    return this.over(key).find((cleared) => cleared > version);
  }

  /** `[begin, end)` in order, cut where what hides it at `version` changes. */
  parts(begin: Key, end: Key, version: number): ClearedPart[] {
    const parts: ClearedPart[] = [];
    let from = begin;
    let cleared = newest(this.over(begin), version);
    const cursor = this.boundaries.atOrAfter(`${begin}\0`);
    for (; cursor.key !== undefined && cursor.key < end; cursor.next()) {
      const next = newest(cursor.value!, version);
      if (next === cleared) continue;
      parts.push({ from, to: cursor.key, cleared });
      from = cursor.key;
      cleared = next;
    }
    parts.push({ from, to: end, cleared });
    return parts;
  }

  private over(key: Key): readonly number[] {
    return this.boundaries.before(`${key}\0`).value ?? NONE;
  }

  private uncover(begin: Key, end: Key, version: number): void {
    // A commit may have cleared the same place twice.
    this.change(begin, end, (versions) => versions.toSpliced(versions.indexOf(version), 1));
  }

  private change(begin: Key, end: Key, to: (versions: readonly number[]) => readonly number[]): void {
    if (begin >= end) return;
    for (const at of [begin, end])
      if (this.boundaries.get(at) === undefined) this.boundaries.set(at, this.over(at));
    const changed: [Key, readonly number[]][] = [];
    const cursor = this.boundaries.atOrAfter(begin);
    for (; cursor.key !== undefined && cursor.key < end; cursor.next())
      changed.push([cursor.key, to(cursor.value!)]);
    for (const [key, versions] of changed) this.boundaries.set(key, versions);
    // Where nothing is cleared on either side there is no boundary.
    for (const key of [...changed.map(([at]) => at), end]) {
      if (this.over(key).length === 0 && (this.boundaries.before(key).value ?? NONE).length === 0)
        this.boundaries.delete(key);
    }
  }
}

function newest(versions: readonly number[], version: number): number {
  for (let i = versions.length - 1; i >= 0; i--) if (versions[i]! <= version) return versions[i]!;
  return 0;
}
