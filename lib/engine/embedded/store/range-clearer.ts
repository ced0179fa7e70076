/** Removes the rows of cleared ranges from the data file, some at a time, once nobody can read them any more. */

import type { Key } from "../../keys/index.js";
import { type Change, type DataFile, KEPT_PREFIX } from "../disk/index.js";
import type { Overlay, RangeClear } from "../versions/index.js";
import { encodeKeys } from "./clear-notes.js";

/** Rows removed in one turn of the event loop: reading, encoding and removing 2,000 took twice what a turn may. */
const AT_ONCE = 500;
/** A file that refused is tried again after this. */
const RETRY_MS = 1000;

/** What `RangeClearer` needs of the store around it. */
export interface ClearerHost {
  /** The newest commit that cannot be taken back. */
  stable(): number;
  /** Whether no reader before `version` is left, and memory and file have done with all that is older. */
  past(version: number): boolean;
}

export class RangeClearer {
  private running: Promise<void> | undefined;
  private closed = false;

  constructor(
    private readonly file: DataFile,
    private readonly overlay: Overlay,
    private readonly host: ClearerHost,
  ) {}

  /** Goes on with the oldest clear, if its time has come. */
  advance(): void {
    if (this.running !== undefined || this.closed) return;
    const { oldest } = this.overlay.clears;
    if (oldest === undefined || !this.host.past(oldest.version)) return;
    this.running = this.step(oldest).then(
      () => this.next(setImmediate),
      () => this.next((again) => setTimeout(again, RETRY_MS).unref()),
    );
  }

  /** Stops; what is left is done by the next open. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
  }

  private next(later: (again: () => void) => void): void {
    this.running = undefined;
    later(() => this.advance());
  }

  private async step(clear: RangeClear): Promise<void> {
    const keys = this.file.keys(clear.begin, clear.end, AT_ONCE);
    const reached = keys.length < AT_ONCE ? clear.end : `${keys.at(-1)}\0`;
    const changes: Change[] = keys.filter((key) => !this.isNewer(key, clear.version)).map(removed);
    if (reached < clear.end) changes.push([clear.id, encodeKeys([reached, clear.end])]);
    else changes.push(removed(clear.id), ...this.uselessNotes());
    await this.file.write(changes);
    this.overlay.clears.advance(reached);
  }

  /** Whether the file has, or will have with a group that is on its way, what was written after the clear. */
  private isNewer(key: Key, version: number): boolean {
    const slot = this.overlay.slot(key);
    const stable = this.host.stable();
    return slot !== undefined && slot.versionAt(stable) >= version && slot.at(stable) !== undefined;
  }

  /**
   * With the last clear, the notes of what was kept go too. One that is still on its way does no harm, and goes with
   * the next clear or the close.
   */
  private uselessNotes(): Change[] {
    if (this.overlay.clears.all.length > 1) return [];
    return this.notes();
  }

  /** What a store that closes has no more use for. */
  leftOver(): Change[] {
    return this.overlay.clears.empty ? this.notes() : [];
  }

  private notes(): Change[] {
    return this.file.keys(KEPT_PREFIX, `${KEPT_PREFIX}\xff`, AT_ONCE).map(removed);
  }
}

const removed = (key: Key): Change => [key, undefined];
