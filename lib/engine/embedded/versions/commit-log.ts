/** The writes of the last five seconds in order, so that what nobody can read any more is forgotten. */

import type { ConflictHistory } from "./conflict-history.js";
import type { Overlay } from "./overlay.js";
import type { Slot } from "./slot.js";

export class CommitLog {
  /** One slot for each write, and beside it the version of that write. */
  private slots: Slot[] = [];
  private versions: number[] = [];
  private head = 0;

  constructor(
    private readonly overlay: Overlay,
    private readonly history: ConflictHistory,
  ) {}

  get empty(): boolean {
    return this.head === this.slots.length;
  }

  /** The version of the oldest write that is not forgotten; infinite when there is none. */
  get oldest(): number {
    return this.versions[this.head] ?? Number.POSITIVE_INFINITY;
  }

  add(version: number, slots: readonly Slot[]): void {
    for (const slot of slots) {
      this.slots.push(slot);
      this.versions.push(version);
    }
  }

  /** Forgets at most `limit` writes at or before `cutoff`; returns whether some may be left. */
  evict(cutoff: number, limit: number): boolean {
    const { slots, versions } = this;
    const start = this.head;
    const end = Math.min(slots.length, start + limit);
    let at = start;
    while (at < end && versions[at]! <= cutoff) this.overlay.evict(slots[at++]!, cutoff);
    this.head = at;
    if (at > start) this.history.trim(cutoff);
    if (at > 1024 && at * 2 > slots.length) {
      this.slots = slots.slice(at);
      this.versions = versions.slice(at);
      this.head = 0;
    }
    return at === end && at < slots.length;
  }
}
