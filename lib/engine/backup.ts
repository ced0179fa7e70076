/** Backup, restore and verification of embedded stores, loading their code when it is asked for. */

import type { BackupOptions, BackupResult, DamagedRow, VerifyResult } from "./embedded/index.js";
import type { Engine } from "./port/index.js";

export type { BackupOptions, BackupResult, DamagedRow, VerifyResult };

/**
 * Copies the store behind an engine, at one version and while it is written to, into a new folder.
 *
 * The rows are read back before the folder gets its name. Takes a read transaction of LMDB for as long, so the data
 * file may grow meanwhile; commits go on.
 *
 * @throws BackupError for a cluster, or when `path` exists
 * @throws StoreCorruptError on meeting a damaged value
 * @example const { rows, version } = await backupStore(engine, "./backups/monday");
 */
export async function backupStore(
  engine: Engine,
  path: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  const { backupEngine } = await import("./embedded/index.js");
  return backupEngine(engine, path, options);
}

/**
 * Makes the store `to`, a folder that does not exist, of the backup in the folder `from`, which is verified first.
 *
 * The new store is another one: cursors of the old one get a snapshot.
 *
 * @throws BackupError when `from` is no backup or was changed, and when `to` exists
 * @throws StoreCorruptError for a damaged backup
 * @example await restoreStore("./backups/monday", "./data");
 */
export async function restoreStore(
  from: string,
  to: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  const { restoreBackup } = await import("./embedded/index.js");
  return restoreBackup(from, to, options);
}

/**
 * Reads every page and every row of the store, or the backup, in a folder that no process has open.
 *
 * @throws StoreCorruptError when its pages are damaged, so that rows cannot be read at all
 * @throws BackupError for a folder without a store, and for a backup that is not what was written
 * @throws StoreLockedError while a process has it open
 * @example const { rows, damaged } = await verifyStore("./data");
 */
export async function verifyStore(path: string, options: BackupOptions = {}): Promise<VerifyResult> {
  const embedded = await import("./embedded/index.js");
  return embedded.verifyStore(path, options);
}
