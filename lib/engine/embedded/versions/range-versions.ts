/** The newest version that wrote to each part of the key space by range (single keys are in slots). */

import type { Key } from "../../keys/index.js";
import { SortedMap } from "../../keys/index.js";

export class RangeVersions {
  /** A boundary and the version from there to the next boundary. */
  private readonly boundaries = new SortedMap<number>();

  write(begin: Key, end: Key, version: number): void {
    const behind = this.versionAt(end);
    this.boundaries.deleteRange(begin, end);
    this.boundaries.set(begin, version);
    if (this.boundaries.get(end) === undefined) this.boundaries.set(end, behind);
  }

  newestIn(begin: Key, end: Key): number {
    if (this.boundaries.size === 0) return 0;
    let newest = this.versionAt(begin);
    for (
      const cursor = this.boundaries.atOrAfter(begin);
      cursor.key !== undefined && cursor.key < end;
      cursor.next()
    )
      if (cursor.value! > newest) newest = cursor.value!;
    return newest;
  }

  /** Forgets versions at or before `cutoff`. */
  trim(cutoff: number): void {
    const kept: [Key, number][] = [];
    let last = 0;
    for (const cursor = this.boundaries.atOrAfter(""); cursor.key !== undefined; cursor.next()) {
      const version = cursor.value! > cutoff ? cursor.value! : 0;
      if (version !== last) kept.push([cursor.key, version]);
      last = version;
    }
    this.boundaries.clear();
    for (const [key, version] of kept) this.boundaries.set(key, version);
  }

  get size(): number {
    return this.boundaries.size;
  }

  private versionAt(key: Key): number {
    return this.boundaries.before(`${key}\0`).value ?? 0;
  }
}
