/** Opens stores in temporary folders, which are removed when they are left. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFailure } from "../disk/index.js";
import { openFolder, type StoreSettings } from "./open-folder.js";
import type { SharedStore } from "./shared-store.js";

/** Folders of memory stores, removed at the latest when the process exits. */
const temporary = new Set<string>();
function removeTemporary(): void {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
}

export async function openMemoryStore(settings: StoreSettings): Promise<SharedStore> {
  const { folder, store, close } = openTemporary(settings);
  if (temporary.size === 0) process.once("exit", removeTemporary);
  temporary.add(folder);
  return {
    store,
    path: folder,
    async leave() {
      await close();
      rmSync(folder, { recursive: true, force: true });
      temporary.delete(folder);
      if (temporary.size === 0) process.removeListener("exit", removeTemporary);
    },
  };
}

function openTemporary(settings: StoreSettings) {
  const place = tmpdir();
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(place, `plinth-memory-${process.pid}-`));
    return { folder, ...openFolder(folder, { ...settings, durability: "relaxed" }, undefined) };
  } catch (error) {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    throw openFailure(place, error);
  }
}
