/** The journal of a store: commits in the order of their versions, flushed before they are acknowledged.
 *
 * One write at the end of a file takes the place of the pages and the header that LMDB flushes for the same
 * commit. Two files take turns; one is used again when the data file has all that is in it. What is in the
 * journal is always a whole suffix of the store's history, so writing it over the data file again, however
 * far that had got, gives the newest state.
 *
 * Each segment is begun and flushed before the end of the other one says that it goes on there, and gets its first
 * record after that. So a segment whose header is damaged, or that is gone, was either never used or is missed.
 */

import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { type StoreLock, syncFolder, syncFolderAbove } from "../disk/index.js";
import type { WrittenKey } from "./journal-record.js";
import { JournalSegment } from "./journal-segment.js";

export const segmentNames = ["journal.0", "journal.1"] as const;

/** Bytes after which the other segment is used, once everything in it is in the data file. */
const SEGMENT_BYTES = 4 << 20;
/** A flush that takes longer than this is left to another thread, so that it holds up nothing else. */
const IN_PLACE_MS = 1;

export interface JournalPlace {
  readonly folder: string;
  /** Identity of the store (16 bytes). */
  readonly store: Buffer;
  readonly lock: StoreLock;
}

export class Journal {
  /** Its identity (16 bytes), which the data file notes. */
  readonly id = randomBytes(16);
  /** A flush failed: what the files hold is not known, and nothing more may be written to them. */
  broken = false;
  private readonly segments: [JournalSegment, JournalSegment];
  private active = 0;
  private generation = 1;
  private sequence = 1;
  /** A moving average of what flushes took lately. */
  private flushMs = 0;

  constructor(
    private readonly place: JournalPlace,
    /** The store's newest version; everything up to it is in the data file. */
    base: number,
  ) {
    const { folder, lock } = place;
    lock.verifyPlace();
    this.segments = openBoth(folder);
    try {
      this.begin(this.current, this.generation, base);
      this.current.flush();
      syncFolder(folder);
      syncFolderAbove(dirname(folder));
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  private get current(): JournalSegment {
    return this.segments[this.active]!;
  }

  /**
   * Writes a group of commits. `flushed` is the version up to which the data file is durable. When it throws and the
   * journal is not broken, it is as it was.
   */
  append(version: number, changes: Iterable<WrittenKey>, flushed: number): void {
    this.place.lock.verify();
    if (this.current.size >= SEGMENT_BYTES && !this.held(flushed)) this.change();
    this.current.append(this.sequence, version, changes);
    this.sequence++;
  }

  /** Whether it grows because the data file, durable up to `flushed`, still needs the segment that would be next. */
  outgrown(flushed: number): boolean {
    return this.current.size >= SEGMENT_BYTES && this.held(flushed);
  }

  /** Makes what was appended durable: at once where the disk is fast, and by the promise where it is not. */
  flush(): Promise<void> | undefined {
    const started = performance.now();
    const took = (): void => {
      this.flushMs += (performance.now() - started - this.flushMs) / 8;
    };
    if (this.flushMs <= IN_PLACE_MS) {
      this.flushNow(this.current);
      took();
      return undefined;
    }
    return new Promise((resolve, reject) => {
      this.current.flushLater((error) => {
        took();
        if (error === null) resolve();
        else {
          this.broken = true;
          reject(error);
        }
      });
    });
  }

  close(): void {
    for (const segment of this.segments) segment.close();
  }

  /** Removes the files, after the data file has everything. */
  remove(): void {
    for (const segment of this.segments) segment.remove();
  }

  private held(flushed: number): boolean {
    return this.segments[1 - this.active]!.version > flushed;
  }

  /** Goes on in the other segment. */
  private change(): void {
    const { version } = this.current;
    const other = this.segments[1 - this.active]!;
    this.begin(other, this.generation + 1, version, this.sequence + 1);
    this.flushNow(other);
    this.current.append(this.sequence, version, []);
    this.sequence++;
    this.flushNow(this.current);
    this.generation++;
    this.active = 1 - this.active;
  }

  private begin(segment: JournalSegment, generation: number, base: number, sequence = this.sequence): void {
    const { store } = this.place;
    segment.begin({ generation, base, store, journal: this.id, mark: randomBytes(8), sequence });
  }

  private flushNow(segment: JournalSegment): void {
    try {
      segment.flush();
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }
}

function openBoth(folder: string): [JournalSegment, JournalSegment] {
  const first = new JournalSegment(join(folder, segmentNames[0]));
  try {
    return [first, new JournalSegment(join(folder, segmentNames[1]))];
  } catch (error) {
    first.remove();
    throw error;
  }
}
