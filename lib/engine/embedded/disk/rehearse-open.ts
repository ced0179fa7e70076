/** Does what LMDB is about to do with a store's files, so that the system refuses here: LMDB ends the process over it.
 *
 * A failed open, and a page of its lock file that cannot be had when it is first touched, are no errors there.
 */

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { devNull } from "node:os";

/** Descriptors that LMDB and the journal need beside those of the data file and the lock. */
const SPARE = 4;
/** What LMDB writes first into a new file is less. */
const FIRST_PAGES = Buffer.alloc(1 << 16);
/** The length that LMDB gives its lock file, with the default number of readers. */
const LOCK_BYTES = 8272;

/** Throws what the system says of opening `path` for LMDB; the files are as they were then, or new and empty. */
export function rehearseOpen(path: string): void {
  const opened: number[] = [];
  const open = (name: string, flags: number): number => {
    const file = openSync(name, flags, 0o664);
    opened.push(file);
    return file;
  };
  let fresh = false;
  try {
    const data = open(path, constants.O_RDWR | constants.O_CREAT);
    fresh = fstatSync(data).size === 0;
    open(path, constants.O_RDWR);
    open(path, constants.O_RDWR);
    const lock = open(`${path}-lock`, constants.O_RDWR | constants.O_CREAT);
    for (let i = 0; i < SPARE; i++) open(devNull, constants.O_RDONLY);
    fill(lock);
    if (!fresh) return;
    writeAll(data, FIRST_PAGES);
    ftruncateSync(data, 0);
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
  writeAll(lock, bytes);
}

function writeAll(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done);
}
