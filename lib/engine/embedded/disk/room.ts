/** Asks the system before LMDB writes, where it may refuse: of a refused write LMDB makes a text that may not fit its room.
 *
 * It also tells a full disk from a failing one: LMDB reports a write that was cut short as an I/O error.
 */

import { closeSync, fstatSync, ftruncateSync, openSync, statfsSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Change } from "./change.js";
import { PAGE_BYTES } from "./meta-page.js";
import { errnoOf } from "./system-error.js";

/** A changed row is written anew with the pages above it. */
const PAGES_A_ROW = 3;
/** What every write needs, whatever it changes. */
const LEAST = 1 << 17;
/** With so much more than a write can need nobody has to look closer. */
const PLENTY = 1 << 24;

const ZEROS = Buffer.alloc(1 << 16);
/** Reasons that are not about the file: LMDB has it open already. */
const NOT_ITS = ["ENOENT", "EMFILE", "ENFILE", "ENOMEM"];

/** Bytes that writing `changes` can add to a file of `size` bytes. */
function needed(changes: readonly Change[], size: number): number {
  let bytes = 0;
  for (const [key, value] of changes) bytes += key.length + (value?.length ?? 0);
  return LEAST + 2 * bytes + Math.min(changes.length * PAGES_A_ROW * PAGE_BYTES, size);
}

/**
 * Why the system would refuse to write `changes` to the file at `path`, of which `free()` bytes can be used again;
 * undefined when it would not, or cannot be asked. Unless `doubtful`, the disk is only asked how much room it has.
 */
export function writeRefusal(
  path: string,
  changes: readonly Change[],
  free: () => number,
  doubtful: boolean,
): unknown {
  if (!doubtful && roomBeside(path) >= needed(changes, Number.POSITIVE_INFINITY) + PLENTY) return undefined;
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch (error) {
    return NOT_ITS.includes(errnoOf(error) ?? "") ? undefined : error;
  }
  try {
    const { size } = fstatSync(file);
    // Pages that readers hold, or that do not lie together, are no use to a write.
    const missing = needed(changes, size) - free() / 2;
    return tried(file, size, Math.max(missing, doubtful ? ZEROS.length : 0));
  } finally {
    closeSync(file);
  }
}

function roomBeside(path: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    // A folder that was removed is no reason: its file lives on.
    return Number.POSITIVE_INFINITY;
  }
}

/** Writes `bytes` behind the end of the file and cuts them off again; returns the refusal. */
function tried(file: number, size: number, bytes: number): unknown {
  try {
    for (let done = 0; done < bytes; )
      done += writeSync(file, ZEROS, 0, Math.min(ZEROS.length, bytes - done), size + done);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    cut(file, size);
  }
}

function cut(file: number, size: number): void {
  try {
    ftruncateSync(file, size);
  } catch {
    // A file that is longer than its pages is whole; they come to lie there.
  }
}
