/** Opens embedded engines, in a folder or in memory. */

import type { Engine, TransactionDefaults } from "../port/index.js";
import { EmbeddedEngine } from "./embedded-engine.js";
import { openMemoryStore, openStore, type StoreSettings } from "./store/index.js";

/** Options of the embedded engine, besides the defaults of its transactions. */
export interface EmbeddedOptions extends TransactionDefaults {
  /**
   * `"sync"` (default): an acknowledged commit survives a crash and a power cut. `"relaxed"`: the last moments
   * may be lost, never a part of a transaction.
   */
  readonly durability?: "sync" | "relaxed";
  /** Watches outstanding at once before `too_many_watches`. Default 10,000, at most 1,000,000. */
  readonly maxWatches?: number;
  /** Microseconds that never go back; for tests of the five-second rule. Default: the process's clock. */
  readonly clock?: () => number;
  /**
   * `false` accepts conflicting commits: proof that a test of isolation can fail. Never set it elsewhere. Default true.
   */
  readonly checkConflicts?: boolean;
}

const settingsOf = (options: EmbeddedOptions, readOnly = false): StoreSettings => ({
  readOnly,
  durability: options.durability ?? "sync",
  maxWatches: Math.min(options.maxWatches ?? 10_000, 1_000_000),
  checkConflicts: options.checkConflicts ?? true,
  clock: options.clock,
});

/**
 * Opens the store in the folder `path`, making it if it is not there; handles in one process share it. A handle that
 * asks for `"sync"` makes it so for all of them; other options must be those that the store was opened with.
 *
 * @throws StoreOptionsError, StoreLockedError, StoreCorruptError, StoreUnavailableError, StoreFullError
 */
export async function openEmbedded(path: string, options: EmbeddedOptions = {}): Promise<Engine> {
  const shared = await openStore(path, settingsOf(options), { ...options, readOnly: false });
  return new EmbeddedEngine(`embedded:${shared.path}`, shared, options);
}

/**
 * Opens the store in the folder `path` without writing to it; commits that write are refused (2023).
 *
 * @throws StoreLockedError, StoreCorruptError, StoreUnavailableError when there is no store
 */
export async function openReadOnly(path: string, options: EmbeddedOptions = {}): Promise<Engine> {
  const shared = await openStore(path, settingsOf(options, true), {
    ...options,
    durability: "relaxed",
    readOnly: true,
  });
  return new EmbeddedEngine(`embedded:${shared.path}?readonly`, shared, options);
}

/** Opens a fresh store in a temporary folder; it is gone when closed. */
export async function openMemory(options: EmbeddedOptions = {}): Promise<Engine> {
  return new EmbeddedEngine("memory:", await openMemoryStore(settingsOf(options)), options);
}
