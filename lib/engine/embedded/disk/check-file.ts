/** Checks that a data file is one that LMDB can map into memory: its header, its length, its pages. */

import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { DamagedPage, type Meta, PageCheck } from "./check-pages.js";
import { corruptStore } from "./corrupt-store.js";
import { readMeta } from "./meta-page.js";

/** A file up to this is read whole when it is opened; of a larger one, LMDB's own checks must do until `verify`. */
const CHECKED_BYTES = 256 << 20;

/**
 * The states that LMDB may take up, the likeliest first. Of the other meta page only the number counts: a write of it
 * that was cut short leaves its parts mixed, with the number that it had.
 */
function statesOf(file: number): readonly Meta[] {
  const first = readMeta(file, 0);
  if (first === undefined) return [];
  const second = readMeta(file, first.pageSize);
  if (second === undefined || second.pageSize !== first.pageSize) return [];
  const newest = (second.id > first.id ? second : first).state;
  if (newest === undefined) return [];
  const flushed = newest.unsynced ? readMeta(file, first.pageSize / 2)?.state : undefined;
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
