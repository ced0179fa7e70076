/** Checks that a data file is one that LMDB can map into memory: its header, its length, its pages. */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { DamagedPage, type Meta, PageCheck, treeAt } from "./check-pages.js";
import { corruptStore } from "./corrupt-store.js";

const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const HEAD = 24;
const META_BYTES = 168;
const UNSYNCED = 0x1000;
/** LMDB's order of the keys of its free list; without it they would be compared as text. */
const INTEGER_KEYS = 0x08;
/** A file up to this is read whole when it is opened; of a larger one, LMDB's own checks must do until `verify`. */
const CHECKED_BYTES = 256 << 20;

/** The meta page at `position`; undefined when it is none. */
function readMeta(file: number, position: number): Meta | undefined {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(file, page, 0, META_BYTES, position) < META_BYTES) return undefined;
  if (page.readUInt32LE(HEAD) !== MAGIC || page.readUInt16LE(HEAD + 4) !== FORMAT) return undefined;
  const flags = page.readUInt16LE(52);
  const pageSize = page.readUInt32LE(48);
  const free = treeAt(page, 48);
  const rows = treeAt(page, 96);
  if (pageSize < 512 || pageSize > 0x10000 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  if (free === undefined || rows === undefined || (flags & INTEGER_KEYS) === 0) return undefined;
  // Of a plain tree of rows there are neither flags nor sizes.
  if (page.readUInt32LE(96) !== 0 || page.readUInt16LE(100) !== 0) return undefined;
  return {
    pageSize,
    lastPage: Number(page.readBigUInt64LE(144)),
    id: Number(page.readBigUInt64LE(152)),
    unsynced: (flags & UNSYNCED) !== 0,
    free,
    rows,
  };
}

/** The states that LMDB may take up, the likeliest first. */
function statesOf(file: number): readonly Meta[] {
  const first = readMeta(file, 0);
  if (first === undefined) return [];
  const second = readMeta(file, first.pageSize);
  if (second === undefined || second.pageSize !== first.pageSize) return [];
  const newest = second.id > first.id ? second : first;
  const flushed = newest.unsynced ? readMeta(file, first.pageSize / 2) : undefined;
  return flushed === undefined ? [newest] : [newest, flushed];
}

/**
 * Refuses a file without LMDB's header, or with pages that LMDB would stumble over. One that lacks only unused pages
 * at its end is made whole again, since LMDB would end the process on reading past the end.
 *
 * @throws StoreCorruptError
 */
export function checkFile(path: string, whole = false): void {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const states = statesOf(file);
    if (states.length === 0) throw corruptStore(path, "its header is damaged");
    if (whole || size <= CHECKED_BYTES) checkStates(path, file, states, size);
    const [newest] = states as [Meta];
    const expected = (newest.lastPage + 1) * newest.pageSize;
    if (size >= expected) return;
    if (expected - size > CHECKED_BYTES || size > CHECKED_BYTES)
      throw corruptStore(path, "its end is missing");
    extend(path, expected);
  } finally {
    closeSync(file);
  }
}

function checkStates(path: string, file: number, states: readonly Meta[], size: number): void {
  let fault: unknown;
  for (const state of states) {
    try {
      new PageCheck(file, state, size).run();
      return;
    } catch (error) {
      if (!(error instanceof DamagedPage)) throw error;
      fault ??= error;
    }
  }
  throw corruptStore(path, (fault as Error).message, fault);
}

function extend(path: string, size: number): void {
  const file = openSync(path, "r+");
  try {
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
}
