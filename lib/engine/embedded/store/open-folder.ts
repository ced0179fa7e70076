/** Opens the files in a store's folder, recovers them, and starts the store on them. */

import { join } from "node:path";
import { DataFile, Journal, promisedVersion, recover, type StoreLock } from "../disk/index.js";
import { monotonicMicroseconds, VersionClock } from "../versions/index.js";
import { Store } from "./store.js";

export interface StoreSettings {
  readonly durability: "sync" | "relaxed";
  readonly maxWatches: number;
  readonly checkConflicts: boolean;
  readonly clock: (() => number) | undefined;
}

export function openFolder(
  folder: string,
  settings: StoreSettings,
  /** Of a store that stays; one in memory has no other owner to fear, and nothing to flush. */
  lock: StoreLock | undefined,
): { store: Store; close: () => Promise<void> } {
  const path = join(folder, "data.mdb");
  const file = DataFile.open(path, lock === undefined);
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
