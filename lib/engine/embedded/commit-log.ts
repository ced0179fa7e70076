import type { ConflictHistory } from "./conflict-history.js";
import type { Overlay, Slot } from "./overlay.js";

interface Entry {
  readonly version: number;
  readonly slots: readonly Slot[];
}

const forgotten: Entry = { version: 0, slots: [] };

/** The commits of the last five seconds in order, so that what nobody can read any more is forgotten. */
export class CommitLog {
  private entries: Entry[] = [];
  private head = 0;

  constructor(
    private readonly overlay: Overlay,
    private readonly history: ConflictHistory,
  ) {}

  get empty(): boolean {
    return this.head === this.entries.length;
  }

  add(version: number, slots: readonly Slot[]): void {
    this.entries.push({ version, slots });
  }

  /** Forgets commits at or before `cutoff`. */
  evict(cutoff: number): void {
    const start = this.head;
    while (this.head < this.entries.length && this.entries[this.head]!.version <= cutoff) {
      for (const slot of this.entries[this.head]!.slots) this.overlay.evict(slot, cutoff);
      // The array is cut later; a few large commits must not hold their slots until then.
      this.entries[this.head] = forgotten;
      this.head++;
    }
    if (this.head === start) return;
    if (this.head > 1024 && this.head * 2 > this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    this.overlay.compact();
    this.history.trim(cutoff);
  }
}
