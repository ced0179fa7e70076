import type { Key } from "../values/index.js";
import { SortedMap } from "../values/index.js";
import type { Overlay } from "./overlay.js";

/** The newest version that wrote to each part of the key space by range (points are kept in the overlay's slots). */
class RangeVersions {
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

/** Which versions wrote where in the last five seconds, exactly; answers the commit's conflict question. */
export class ConflictHistory {
  private readonly ranges = new RangeVersions();
  private trimAt = 1024;

  constructor(private readonly overlay: Overlay) {}

  addRange(begin: Key, end: Key, version: number): void {
    if (begin < end) this.ranges.write(begin, end, version);
  }

  pointChangedSince(key: Key, version: number): boolean {
    const slot = this.overlay.slot(key);
    if (slot !== undefined && slot.conflict > version) return true;
    return this.ranges.size > 0 && this.ranges.newestIn(key, `${key}\0`) > version;
  }

  rangeChangedSince(begin: Key, end: Key, version: number): boolean {
    if (this.ranges.newestIn(begin, end) > version) return true;
    for (const slot of this.overlay.slotsIn(begin, end)) if (slot.conflict > version) return true;
    return false;
  }

  trim(cutoff: number): void {
    if (this.ranges.size < this.trimAt) return;
    this.ranges.trim(cutoff);
    this.trimAt = Math.max(1024, this.ranges.size * 2);
  }
}
