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

/** By folder; each from the moment in which it begins to open until it is closed, or could not be opened. */
type Stores = Map<string, Promise<Entry>>;

/** Global, since a process may load this module more than once (test runners do). */
const registryKey = Symbol.for("plinth.embedded.openings");
const globals = globalThis as { [registryKey]?: Stores };
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
  const entry = await enter(folder, settings, asked);
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

async function enter(folder: string, settings: StoreSettings, asked: AskedSettings): Promise<Entry> {
  for (;;) {
    const opening = stores.get(folder);
    if (opening === undefined) return open(folder, settings);
    // What refused another handle may not refuse this one.
    const entry = await opening.catch(() => undefined);
    if (entry === undefined) continue;
    if (entry.closing === undefined) {
      refuseOthers(folder, entry.settings, settings, asked);
      entry.users++;
      return entry;
    }
    await entry.closing.catch(() => undefined);
  }
}

function open(folder: string, settings: StoreSettings): Promise<Entry> {
  const lock = takeLock(pathOf(folder, "lock"));
  const left = (): void => {
    stores.delete(folder);
    lock.release();
  };
  const opening = openFolder(folder, settings, lock).then(
    ({ store, close }): Entry => ({
      store,
      settings,
      users: 1,
      close: () => close().finally(left),
      closing: undefined,
    }),
    (error: unknown) => {
      left();
      throw error;
    },
  );
  stores.set(folder, opening);
  return opening;
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
