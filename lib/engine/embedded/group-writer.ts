import { StoreCorruptError, StoreFullError } from "../../errors.js";
import type { DataFile } from "./data-file.js";
import type { Key } from "./keys.js";
import type { Slot } from "./overlay.js";

/** What `GroupWriter` needs of the store around it. */
export interface GroupHost {
  /** Commits up to `version` are in the file and cannot be lost. */
  durable(version: number, slots: readonly Slot[]): void;
  /** The file took nothing of the group. */
  failed(error: Error, slots: readonly Slot[]): void;
  /** Changes beside the slots that the next group carries. */
  extra(): readonly (readonly [Key, Buffer])[];
}

/**
 * Writes commits to the file in groups: one group is in flight, everything that commits meanwhile forms the next.
 * A key written many times in a group is written once.
 */
export class GroupWriter {
  private dirty: Slot[] = [];
  private version = 0;
  private running: Promise<void> | undefined;
  private scheduled = false;
  private paused = false;

  constructor(
    private readonly file: DataFile,
    private readonly host: GroupHost,
    private readonly sync: boolean,
  ) {}

  /** Keys that wait for the next group. */
  get backlog(): number {
    return this.dirty.length;
  }

  add(version: number, slots: readonly Slot[]): void {
    this.version = version;
    this.enqueue(slots);
    this.schedule();
  }

  /** Keeps a group that failed for the next attempt, which only a new commit starts. */
  giveBack(slots: readonly Slot[]): void {
    this.enqueue(slots);
    this.paused = true;
  }

  schedule(): void {
    this.paused = false;
    if (this.scheduled || this.running !== undefined) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      if (this.running === undefined) this.running = this.run();
    });
  }

  /** Everything committed so far is in the file, or failed to get there. */
  async drain(): Promise<void> {
    while (this.scheduled || this.running !== undefined) await (this.running ?? Promise.resolve());
  }

  /** Takes back what waits, after a group before it failed. */
  take(): readonly Slot[] {
    const slots = this.dirty;
    this.dirty = [];
    for (const slot of slots) slot.dirty = false;
    return slots;
  }

  private async run(): Promise<void> {
    const { version } = this;
    const slots = this.take();
    try {
      await this.write(slots, this.host.extra());
      this.host.durable(version, slots);
    } catch (error) {
      this.host.failed(classify(error), slots);
    }
    this.running = undefined;
    // A commit may have come meanwhile that changed no key (only write conflict ranges): it waits too.
    if ((this.dirty.length > 0 || this.version !== version) && !this.paused) this.schedule();
  }

  private async write(slots: readonly Slot[], extra: readonly (readonly [Key, Buffer])[]): Promise<void> {
    if (slots.length + extra.length === 0) return;
    const { written, synced } = this.file.write(changes(slots, extra));
    await (this.sync ? synced : written);
  }

  private enqueue(slots: readonly Slot[]): void {
    for (const slot of slots) {
      if (slot.dirty) continue;
      slot.dirty = true;
      this.dirty.push(slot);
    }
  }
}

function* changes(
  slots: readonly Slot[],
  extra: readonly (readonly [Key, Buffer])[],
): Generator<readonly [Key, Buffer | undefined]> {
  for (const slot of slots) yield [slot.key, slot.value];
  yield* extra;
}

/** One typed error for whatever LMDB or the system reports about a write. */
export function classify(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  // LMDB reports a write that was cut short, which is what a full disk does to it, as an I/O error.
  if (/no space|MAP_FULL|quota|too large|input\/output/i.test(text)) {
    return new StoreFullError(
      `The disk under the store is full (${text}). The transaction was not committed and nothing acknowledged is ` +
        "lost; free space and run it again.",
      { cause: error },
    );
  }
  return new StoreCorruptError(
    `The store's file cannot be written (${text}). The transaction was not committed. Check the disk, then open ` +
      "the store again or restore a backup.",
    { cause: error },
  );
}
