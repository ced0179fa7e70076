/** The lock by which a store belongs to one owner: the system's, on a file of the store's folder that stays there. */

import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { StoreIoError, StoreLockedError } from "../../../errors.js";
import { ownerText, sameProcess } from "./lock-owner.js";
import { lockFile } from "./os-lock.js";

export interface StoreLock {
  /** Throws `StoreIoError` when the store's files were deleted: what is written from then on would be nowhere. */
  verify(): void;
  /** As `verify`, also when the folder was moved away or another one stands in its place. */
  verifyPlace(): void;
  release(): void;
}

/** Deleted between the open and the lock, so often that something is wrong. */
const ATTEMPTS = 100;

/**
 * Takes the lock of a store. Whatever the file says, whoever holds the system's lock on it is the owner; the text only
 * serves the message. The file is never removed, since a lock on a removed file would be one that nobody else meets.
 *
 * @throws StoreLockedError when somebody has it
 */
export function takeLock(path: string): StoreLock {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const file = openSync(path, "a+");
    try {
      if (!lockFile(file)) throw lockedBy(path, readOwner(file));
      if (isAt(file, path)) {
        writeOwner(file);
        return new HeldLock(file, path);
      }
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSync(file);
  }
  throw new StoreLockedError(`The lock file ${path} cannot be taken: something keeps removing it.`);
}

class HeldLock implements StoreLock {
  constructor(
    private readonly file: number,
    private readonly path: string,
  ) {}

  verify(): void {
    if (fstatSync(this.file).nlink > 0) return;
    throw new StoreIoError(
      "ENOENT",
      `The files of the open store were deleted (${this.path}). The transaction was not committed, and what was ` +
        "committed before is gone with them: close the engine, restore a backup if there is one, and open the store again.",
    );
  }

  verifyPlace(): void {
    this.verify();
    if (isAt(this.file, this.path)) return;
    throw new StoreIoError(
      "ENOENT",
      `The folder of the open store was moved away or replaced (${this.path} is another file now). The transaction was ` +
        "not committed: close the engine and open the store where it is now.",
    );
  }

  release(): void {
    closeSync(this.file);
  }
}

/** Whether the name leads to the open file. */
export function isAt(file: number, path: string): boolean {
  const own = fstatSync(file, { bigint: true });
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found !== undefined && found.ino === own.ino && found.dev === own.dev;
}

function readOwner(file: number): string {
  const text = Buffer.alloc(500);
  try {
    return text.toString("utf8", 0, readSync(file, text, 0, text.length, 0));
  } catch {
    return "";
  }
}

function writeOwner(file: number): void {
  try {
    ftruncateSync(file, 0);
    writeSync(file, ownerText());
  } catch {
    // A full disk: the lock is taken all the same, only others are not told by whom.
  }
}

function lockedBy(path: string, owner: string): StoreLockedError {
  const [pid, host] = owner.split("\n");
  const who = sameProcess(owner)
    ? "This very process has this store open, in another thread (a worker) or another copy of Plinth"
    : /^\d+$/.test(pid ?? "")
      ? `Process ${pid}${host ? ` on ${host}` : ""} has this store open`
      : "Another process has this store open";
  return new StoreLockedError(
    `${who} (${path}). A store belongs to one owner: close it there, or give each a path of its own.`,
  );
}
