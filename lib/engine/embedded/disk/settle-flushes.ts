/** Makes a data file of an earlier build one whose newest state is flushed.
 *
 * Those builds let flushes overlap with the next transaction, and the header says so. After a power cut such a file is
 * taken back to its flushed state, which LMDB does only for who opens it in the same way.
 */

import { closeSync, openSync, readSync } from "node:fs";

const META_BYTES = 168;
const MAGIC = 0xbeefc0de;
const OVERLAPPING = 0x1000;

/** Whether the newest state of the file at `path` was written by a build that flushed later. */
export function flushesLater(path: string): boolean {
  const file = openSync(path, "r");
  try {
    const [first, pageSize] = headerAt(file, 0);
    const [second] = headerAt(file, pageSize);
    return ((first.id >= second.id ? first : second).flags & OVERLAPPING) !== 0;
  } finally {
    closeSync(file);
  }
}

function headerAt(file: number, position: number): [{ id: bigint; flags: number }, number] {
  const page = Buffer.alloc(META_BYTES);
  const whole =
    readSync(file, page, 0, META_BYTES, position) === META_BYTES && page.readUInt32LE(24) === MAGIC;
  if (!whole) return [{ id: -1n, flags: 0 }, 0];
  return [{ id: page.readBigUInt64LE(152), flags: page.readUInt16LE(52) }, page.readUInt32LE(48)];
}
