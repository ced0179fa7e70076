/** Opens the store in a folder, or joins in where this process has it open already. */

import { realpathSync } from "node:fs";
import { join as pathOf } from "node:path";
import { StoreOptionsError } from "../../../errors.js";
import { makeFolder, openFailure, takeLock } from "../disk/index.js";
import { openFolder, type StoreSettings } from "./open-folder.js";
import type { Store } from "./store.js";

/** A store that engine handles of this process share; the last one to leave closes it. */
export interface SharedStore {
  readonly store: Store;
  readonly path: string;
  leave(): Promise<void>;
}

/** What a handle asks for; what it leaves out may be any. */
export type AskedSettings = { readonly [K in keyof StoreSettings]?: StoreSettings[K] };

interface Entry {
  readonly store: Store;
  readonly settings: StoreSettings;
  users: number;
  close(): Promise<void>;
  closing: Promise<void> | undefined;
}

/** Global, since a process may load this module more than once (test runners do). */
const registryKey = Symbol.for("plinth.embedded.stores");
const globals = globalThis as { [registryKey]?: Map<string, Entry> };
globals[registryKey] ??= new Map();
const stores = globals[registryKey];

export async function openStore(
  path: string,
  settings: StoreSettings,
  asked: AskedSettings,
): Promise<SharedStore> {
  try {
    return await openOrJoin(path, settings, asked);
  } catch (error) {
    throw openFailure(path, error);
  }
}

async function openOrJoin(path: string, settings: StoreSettings, asked: AskedSettings): Promise<SharedStore> {
  if (!settings.readOnly) makeFolder(path);
  const folder = realpathSync(path);
  for (let last = stores.get(folder)?.closing; last !== undefined; last = stores.get(folder)?.closing)
    await last.catch(() => undefined);
  let entry = stores.get(folder);
  if (entry === undefined) {
    const lock = takeLock(pathOf(folder, "lock"));
    try {
      const { store, close } = openFolder(folder, settings, lock);
      entry = {
        store,
        settings,
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
  refuseOthers(folder, entry.settings, settings, asked);
  entry.users++;
  const shared = join(entry, folder);
  if (asked.durability !== "sync") return shared;
  try {
    await entry.store.makeDurable();
    return shared;
  } catch (error) {
    await shared.leave();
    throw error;
  }
}

function join(entry: Entry, folder: string): SharedStore {
  return {
    store: entry.store,
    path: folder,
    async leave() {
      if (--entry.users > 0) return;
      entry.closing ??= entry.close();
      await entry.closing;
    },
  };
}

function refuseOthers(folder: string, has: StoreSettings, wants: StoreSettings, asked: AskedSettings): void {
  for (const name of ["maxWatches", "checkConflicts", "clock", "readOnly"] as const) {
    if (asked[name] === undefined || wants[name] === has[name]) continue;
    throw new StoreOptionsError(
      `The store in ${folder} is open in this process with ${name} ${String(has[name])}, and cannot be opened again with ` +
        `${name} ${String(wants[name])}: its handles share it. Leave the option out, or give both the same.`,
    );
  }
}
