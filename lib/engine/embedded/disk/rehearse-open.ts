/** Does what LMDB is about to do with a store's files, so that the system refuses here: LMDB ends the process over it.
 *
 * A failed open, and a page of its lock file that cannot be had when it is first touched, are no errors there.
 */

import { closeSync, constants, fstatSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { makeFile } from "./empty-file.js";
import { writeAll } from "./write-all.js";

/** Descriptors that LMDB and the journal need beside those of the data file and the lock. */
const SPARE = 4;
/** The length that LMDB gives its lock file, with the default number of readers. */
const LOCK_BYTES = 8272;

/** Makes the file at `path` where there is none. Throws what the system says of opening it for LMDB. */
export function rehearseOpen(path: string, volatile: boolean): void {
  const opened: number[] = [];
  const open = (name: string, flags: number): number => {
    const file = openSync(name, flags, 0o664);
    opened.push(file);
    return file;
  };
  const fresh = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) === 0;
  try {
    if (fresh) makeFile(path, volatile);
    for (let i = 0; i < 3; i++) open(path, constants.O_RDWR);
    const lock = open(`${path}-lock`, constants.O_RDWR | constants.O_CREAT);
    for (let i = 0; i < SPARE; i++) open(devNull, constants.O_RDONLY);
    fill(lock);
  } catch (error) {
    if (fresh) rmSync(path, { force: true });
    throw error;
  } finally {
    for (const file of opened) closeSync(file);
  }
}

/** Gives every byte of the lock file a place on the disk: it is written through a map, which cannot say that there is none. */
function fill(lock: number): void {
  const { size, blocks } = fstatSync(lock);
  if (size >= LOCK_BYTES && blocks * 512 >= size) return;
  const bytes = Buffer.alloc(Math.max(size, LOCK_BYTES));
  readSync(lock, bytes, 0, size, 0);
  writeAll(lock, bytes, 0);
}
