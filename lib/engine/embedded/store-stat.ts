/** The sizes of an open store, and what holds its old pages. */

import { statSync } from "node:fs";
import { join } from "node:path";
import type { EmbeddedEngine } from "./embedded-engine.js";

/** What an embedded store takes, and what holds it. */
export interface StoreStat {
  /** Bytes of `data.mdb`. */
  readonly bytes: number;
  /** Those of them that the next writes use again. */
  readonly freeBytes: number;
  /** Bytes of the journal's two files. */
  readonly journalBytes: number;
  /** Writes of the file that its oldest reader is behind: while a copy is made, what was written since is not used again. */
  readonly oldestReader: number;
  /** Keys in memory: those of the last five seconds, and what is newer than a range that is being cleared. */
  readonly keysInMemory: number;
  /** The newest commit. */
  readonly newest: number;
}

export function statOf(engine: EmbeddedEngine): StoreStat {
  const { store, path } = engine;
  return { ...store.stat(), journalBytes: sizeOf(join(path, "journal.0")) + sizeOf(join(path, "journal.1")) };
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
