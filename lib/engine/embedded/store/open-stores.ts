import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataFile, Journal, promisedVersion, recover, takeLock } from "../disk/index.js";
import { monotonicMicroseconds, VersionClock } from "../values/index.js";
import { Store } from "./store.js";

export interface StoreSettings {
  readonly durability: "sync" | "relaxed";
  readonly maxWatches: number;
  readonly checkConflicts: boolean;
  readonly clock: (() => number) | undefined;
}

/** A store that engine handles of this process share; the last one to leave closes it. */
export interface SharedStore {
  readonly store: Store;
  readonly path: string;
  leave(): Promise<void>;
}

interface Entry {
  readonly store: Store;
  users: number;
  closing: Promise<void> | undefined;
}

/** Global, since a process may load this module more than once (test runners do). */
const registryKey = Symbol.for("plinth.embedded.stores");
const globals = globalThis as { [registryKey]?: Map<string, Entry> };
globals[registryKey] ??= new Map();
const stores = globals[registryKey];

export async function openStore(path: string, settings: StoreSettings): Promise<SharedStore> {
  mkdirSync(path, { recursive: true });
  const folder = realpathSync(path);
  await stores.get(folder)?.closing;
  let entry = stores.get(folder);
  if (entry === undefined) {
    const release = takeLock(join(folder, "lock"));
    try {
      const { store, close } = openFile(folder, settings, false);
      entry = { store, users: 0, closing: undefined };
      closers.set(entry, async () => {
        try {
          await close();
        } finally {
          stores.delete(folder);
          release();
        }
      });
      stores.set(folder, entry);
    } catch (error) {
      release();
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
      shared.closing ??= closers.get(shared)!();
      await shared.closing;
    },
  };
}
const closers = new WeakMap<Entry, () => Promise<void>>();

/** Folders of memory stores, removed at the latest when the process exits. */
const temporary = new Set<string>();
function removeTemporary(): void {
  for (const folder of temporary) rmSync(folder, { recursive: true, force: true });
}

/** A store of its own in a temporary folder, removed when it is left. */
export async function openMemoryStore(settings: StoreSettings): Promise<SharedStore> {
  const folder = mkdtempSync(join(tmpdir(), `plinth-memory-${process.pid}-`));
  const { store, close } = openFile(folder, { ...settings, durability: "relaxed" }, true);
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

function openFile(
  folder: string,
  settings: StoreSettings,
  volatile: boolean,
): { store: Store; close: () => Promise<void> } {
  const path = join(folder, "data.mdb");
  const file = DataFile.open(path, volatile);
  try {
    recover(folder, file);
  } catch (error) {
    void file.close();
    throw error;
  }
  const clock = new VersionClock(promisedVersion(file), settings.clock ?? monotonicMicroseconds);
  const openJournal = (base: number): Journal => new Journal(folder, base);
  const store = new Store({ ...settings, file, clock, openJournal });
  return {
    store,
    async close() {
      try {
        await store.close();
      } finally {
        await file.close();
      }
    },
  };
}
