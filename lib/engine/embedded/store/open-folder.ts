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

export async function openFolder(
  folder: string,
  settings: StoreSettings,
  /** Of a store that stays; one in memory has no other owner to fear, and nothing to flush. */
  lock: StoreLock | undefined,
): Promise<{ store: Store; close: () => Promise<void> }> {
  const { readOnly } = settings;
  const file = await DataFile.open(join(folder, "data.mdb"), lock === undefined, readOnly);
  try {
    if (!readOnly) await recover(folder, file);
    const store = await start(folder, file, settings, lock);
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
    await file.close().catch(() => undefined);
    throw error;
  }
}

async function start(
  folder: string,
  file: DataFile,
  settings: StoreSettings,
  lock: StoreLock | undefined,
): Promise<Store> {
  const committed = committedVersion(file) ?? promisedVersion(file);
  const identity = storeIdentity(file) ?? newIdentity();
  const lives = Lives.open(storedLives(file), identity, committed);
  if (storeIdentity(file) === undefined)
    await file.write([storeChange(identity), livesChange(lives.encode())]);
  const openJournal = (base: number): Journal => {
    if (lock === undefined) throw new Error("a store in memory has no journal");
    return new Journal({ folder, store: identity, lock }, base);
  };
  const clock = new VersionClock(promisedVersion(file), settings.clock ?? monotonicMicroseconds);
  const common = { ...settings, file, clock, lives, openJournal, verify: () => lock?.verify() };
  if (!settings.readOnly) return Store.open({ ...common, committed, readOnly: undefined });
  const { records } = wholeCommits(folder, file);
  const newest = records.at(-1)?.version ?? committed;
  return Store.open({ ...common, durability: "relaxed", committed: newest, readOnly: records });
}
