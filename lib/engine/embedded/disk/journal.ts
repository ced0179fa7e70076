/** The journal of a store: commits in the order of their versions, flushed before they are acknowledged.
 *
 * One write at the end of a file takes the place of the pages and the header that LMDB flushes for the same
 * commit. Two files take turns; one is used again when the data file has all that is in it. What is in the
 * journal is always a whole suffix of the store's history, so writing it over the data file again, however
 * far that had got, gives the newest state.
 */

import { closeSync, fsyncSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { WrittenKey } from "./journal-record.js";
import { JournalSegment } from "./journal-segment.js";

export const segmentPaths = (folder: string): readonly [string, string] => [
  join(folder, "journal.0"),
  join(folder, "journal.1"),
];

/** Bytes after which the other segment is used, once everything in it is in the data file. */
const SEGMENT_BYTES = 4 << 20;
/** A flush that takes longer than this is left to another thread, so that it holds up nothing else. */
const IN_PLACE_MS = 1;

export class Journal {
  private readonly segments: [JournalSegment, JournalSegment];
  private active = 0;
  private generation = 1;
  /** A moving average of what flushes took lately. */
  private flushMs = 0;
  /** Place and version before the record that is not flushed. */
  private before: { readonly size: number; readonly version: number } | undefined;

  constructor(
    private readonly folder: string,
    /** The store's newest version; everything up to it is in the data file. */
    base: number,
  ) {
    const [first, second] = segmentPaths(folder);
    this.segments = [new JournalSegment(first), new JournalSegment(second)];
    this.current.begin(this.generation, base);
    this.current.flush();
    syncFolder(folder);
  }

  private get current(): JournalSegment {
    return this.segments[this.active]!;
  }

  /**
   * Writes a group of commits. `flushed` is the version up to which the data file is durable. When it throws, the
   * journal is as it was.
   */
  append(version: number, changes: Iterable<WrittenKey>, flushed: number): void {
    const other = this.segments[1 - this.active]!;
    if (this.current.size >= SEGMENT_BYTES && other.version <= flushed) {
      other.begin(this.generation + 1, this.current.version);
      this.generation++;
      this.active = 1 - this.active;
    }
    const { current } = this;
    this.before = { size: current.size, version: current.version };
    current.append(version, changes);
  }

  /**
   * Makes what was appended durable: at once where the disk is fast, and by the promise where it is not. When that
   * fails, the record is taken back.
   */
  flush(): Promise<void> | undefined {
    const started = performance.now();
    const took = (): void => {
      this.flushMs += (performance.now() - started - this.flushMs) / 8;
    };
    if (this.flushMs <= IN_PLACE_MS) {
      try {
        this.current.flush();
      } catch (error) {
        this.takeBack();
        throw error;
      }
      took();
      return undefined;
    }
    return new Promise((resolve, reject) => {
      this.current.flushLater((error) => {
        took();
        if (error === null) resolve();
        else {
          this.takeBack();
          reject(error);
        }
      });
    });
  }

  private takeBack(): void {
    const { size, version } = this.before!;
    this.current.takeBack(size, version);
  }

  close(): void {
    for (const segment of this.segments) segment.close();
  }

  /** Removes the files, after the data file has everything. */
  remove(): void {
    this.close();
    removeSegments(this.folder);
  }
}

export function removeSegments(folder: string): void {
  for (const path of segmentPaths(folder)) rmSync(path, { force: true });
}

/** A new file can be lost in a power cut although its bytes were flushed, unless its folder is flushed as well. */
function syncFolder(folder: string): void {
  let file: number | undefined;
  try {
    file = openSync(folder, "r");
    fsyncSync(file);
  } catch {
    // Windows has no such call; its file system keeps names in a journal of its own.
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
