/** Opens the files in a store's folder, recovers them, and starts the store on them. */

import { join } from "node:path";
import {
  committedVersion,
  DataFile,
  livesChange,
  newIdentity,
  promisedVersion,
  type StoreLock,
  storeChange,
  storedLives,
  storeIdentity,
} from "../disk/index.js";
import { Journal, Lives, recover, wholeCommits } from "../journal/index.js";
import { monotonicMicroseconds, VersionClock } from "../versions/index.js";
import { Store } from "./store.js";

export interface StoreSettings {
  readonly durability: "sync" | "relaxed";
  readonly maxWatches: number;
  readonly checkConflicts: boolean;
  readonly clock: (() => number) | undefined;
  readonly readOnly: boolean;
}

export function openFolder(
  folder: string,
  settings: StoreSettings,
  /** Of a store that stays; one in memory has no other owner to fear, and nothing to flush. */
  lock: StoreLock | undefined,
): { store: Store; close: () => Promise<void> } {
  const { readOnly } = settings;
  const file = DataFile.open(join(folder, "data.mdb"), lock === undefined, readOnly);
  try {
    if (!readOnly) recover(folder, file);
    const store = start(folder, file, settings, lock);
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
  } catch (error) {
    void file.close();
    throw error;
  }
}

function start(folder: string, file: DataFile, settings: StoreSettings, lock: StoreLock | undefined): Store {
  const committed = committedVersion(file) ?? promisedVersion(file);
  const identity = storeIdentity(file) ?? newIdentity();
  const lives = Lives.open(storedLives(file), identity, committed);
  if (storeIdentity(file) === undefined) file.writeSync([storeChange(identity), livesChange(lives.encode())]);
  const openJournal = (base: number): Journal => {
    if (lock === undefined) throw new Error("a store in memory has no journal");
    return new Journal({ folder, store: identity, lock }, base);
  };
  const clock = new VersionClock(promisedVersion(file), settings.clock ?? monotonicMicroseconds);
  const common = { ...settings, file, clock, lives, openJournal, verify: () => lock?.verify() };
  if (!settings.readOnly) return new Store({ ...common, committed, readOnly: undefined });
  const { records } = wholeCommits(folder, file);
  const newest = records.at(-1)?.version ?? committed;
  return new Store({ ...common, durability: "relaxed", committed: newest, readOnly: records });
}
