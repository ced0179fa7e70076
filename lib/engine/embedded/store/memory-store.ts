/** Opens stores in temporary folders, of which nothing is left behind however the process ends.
 *
 * An open file needs no name, so the folder is removed as soon as the store is open. Where the system keeps the
 * names of open files (Windows), and for a process that is killed just before, the next one that opens a memory
 * store removes what processes that are gone have left.
 */

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFailure } from "../disk/index.js";
import { openFolder, type StoreSettings } from "./open-folder.js";
import type { SharedStore } from "./shared-store.js";

const PREFIX = "plinth-memory-";
/** A folder of this process, or one of an earlier build. */
const NAME = /^plinth-memory-(\d+)-/;

/** Folders that could not be removed while their store is open. */
const temporary = new Set<string>();
let swept = false;
function removeTemporary(): void {
  for (const folder of temporary) tryRemove(folder);
}

export async function openMemoryStore(settings: StoreSettings): Promise<SharedStore> {
  sweep();
  const { folder, ...opened } = await openTemporary(settings);
  if (!tryRemove(folder)) {
    if (temporary.size === 0) process.once("exit", removeTemporary);
    temporary.add(folder);
  }
  return {
    store: opened.store,
    path: folder,
    async leave() {
      try {
        await opened.close();
      } finally {
        if (temporary.delete(folder)) {
          tryRemove(folder);
          if (temporary.size === 0) process.removeListener("exit", removeTemporary);
        }
      }
    },
  };
}

async function openTemporary(
  settings: StoreSettings,
): Promise<{ folder: string } & Awaited<ReturnType<typeof openFolder>>> {
  const place = tmpdir();
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(place, `${PREFIX}${process.pid}-`));
    return { folder, ...(await openFolder(folder, { ...settings, durability: "relaxed" }, undefined)) };
  } catch (error) {
    if (folder !== undefined) tryRemove(folder);
    throw openFailure(place, error);
  }
}

/** Removes the folders of processes that are gone. Their files go on to exist for whoever has them open after all. */
function sweep(): void {
  if (swept) return;
  swept = true;
  let names: string[];
  try {
    names = readdirSync(tmpdir());
  } catch {
    return;
  }
  for (const name of names) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0);
    if (pid > 0 && pid !== process.pid && !isAlive(pid)) tryRemove(join(tmpdir(), name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Windows refuses while a file is open; another process may be quicker. */
function tryRemove(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
