/** Tells exactly which keys and ranges were written after a version, within the last five seconds. */

import type { Key } from "../../keys/index.js";
import type { Overlay } from "./overlay.js";
import { RangeVersions } from "./range-versions.js";

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
