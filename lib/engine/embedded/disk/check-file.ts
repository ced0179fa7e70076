/** Checks that a data file has a header of LMDB and its whole length, before LMDB maps it into memory. */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { corruptStore } from "./corrupt-store.js";

const MAGIC = 0xbeefc0de;
const META_BYTES = 168;
const MIN_PAGE = 512;

/** The fields of an LMDB meta page that say how long the file is; undefined when the page is not one. */
function readMeta(
  file: number,
  position: number,
): { pageSize: number; lastPage: number; id: number } | undefined {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(file, page, 0, META_BYTES, position) < META_BYTES) return undefined;
  if (page.readUInt32LE(24) !== MAGIC) return undefined;
  return {
    pageSize: page.readUInt32LE(48),
    lastPage: Number(page.readBigUInt64LE(144)),
    id: Number(page.readBigUInt64LE(152)),
  };
}

/**
 * Refuses a file without LMDB's header. A file shorter than its header says is made as long with zeros, since
 * LMDB would crash the process on reading past the end; the result is then true, and every page must be verified.
 */
export function checkFile(path: string): boolean {
  const file = openSync(path, "r+");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return false;
    const first = readMeta(file, 0);
    if (first === undefined || first.pageSize < MIN_PAGE) throw corruptStore(path, "its header is damaged");
    const second = readMeta(file, first.pageSize);
    const newest = second !== undefined && second.id > first.id ? second : first;
    const expected = (newest.lastPage + 1) * newest.pageSize;
    if (size >= expected) return false;
    ftruncateSync(file, expected);
    return true;
  } finally {
    closeSync(file);
  }
}
