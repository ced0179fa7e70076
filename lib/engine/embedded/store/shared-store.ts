/** Opens the store in a folder, or joins in where this process has it open already. */

import { realpathSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, openFailure, takeLock } from "../disk/index.js";
import { openFolder, type StoreSettings } from "./open-folder.js";
import type { Store } from "./store.js";

/** A store that engine handles of this process share; the last one to leave closes it. */
export interface SharedStore {
  readonly store: Store;
  readonly path: string;
  leave(): Promise<void>;
}

interface Entry {
  readonly store: Store;
  users: number;
  close(): Promise<void>;
  closing: Promise<void> | undefined;
}

/** Global, since a process may load this module more than once (test runners do). */
const registryKey = Symbol.for("plinth.embedded.stores");
const globals = globalThis as { [registryKey]?: Map<string, Entry> };
globals[registryKey] ??= new Map();
const stores = globals[registryKey];

export async function openStore(path: string, settings: StoreSettings): Promise<SharedStore> {
  try {
    return await openOrJoin(path, settings);
  } catch (error) {
    throw openFailure(path, error);
  }
}

async function openOrJoin(path: string, settings: StoreSettings): Promise<SharedStore> {
  makeFolder(path);
  const folder = realpathSync(path);
  for (let last = stores.get(folder)?.closing; last !== undefined; last = stores.get(folder)?.closing)
    await last.catch(() => undefined);
  let entry = stores.get(folder);
  if (entry === undefined) {
    const lock = takeLock(join(folder, "lock"));
    try {
      const { store, close } = openFolder(folder, settings, lock);
      entry = {
        store,
        users: 0,
        async close() {
          try {
            await close();
          } finally {
            stores.delete(folder);
            lock.release();
          }
        },
        closing: undefined,
      };
      stores.set(folder, entry);
    } catch (error) {
      lock.release();
      throw error;
    }
  }
  entry.users++;
  const shared = entry;
  return {
    store: entry.store,
    path: folder,
    async leave() {
      if (--shared.users > 0) return;
      shared.closing ??= shared.close();
      await shared.closing;
    },
  };
}
