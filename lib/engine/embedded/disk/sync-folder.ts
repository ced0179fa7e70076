/** Makes the names in a folder durable: a new file can be lost in a power cut although its bytes were flushed. */

import { closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errnoOf } from "./system-error.js";

/** Of systems and file systems that have no such call; they keep names in a journal of their own. */
const UNSUPPORTED: readonly (string | undefined)[] = ["EINVAL", "ENOTSUP", "ENOSYS"];

export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const file = openSync(folder, "r");
  try {
    fsyncSync(file);
  } catch (error) {
    if (!UNSUPPORTED.includes(errnoOf(error))) throw error;
  } finally {
    closeSync(file);
  }
}

/** Makes a folder and those above it, durably: each new name is flushed in the folder that it is in. */
export function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let folder = resolve(path); folder !== above && folder !== dirname(folder); ) {
    folder = dirname(folder);
    syncFolder(folder);
  }
}

/** As `syncFolder`, of a folder that was there before and may not be the process's to read. */
export function syncFolderAbove(folder: string): void {
  try {
    syncFolder(folder);
  } catch (error) {
    if (errnoOf(error) !== "EACCES" && errnoOf(error) !== "EPERM") throw error;
  }
}
