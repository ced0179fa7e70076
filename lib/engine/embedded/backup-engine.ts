/** The backup of the store behind an engine, where it is an embedded one. */

import { resolve } from "node:path";
import { BackupError } from "../../errors.js";
import type { Engine } from "../port/index.js";
import { type BackupOptions, type BackupResult, backup } from "./backup/index.js";
import { EmbeddedEngine } from "./embedded-engine.js";
import { SharedEngine } from "./shared-engine.js";

/**
 * Copies the store of an embedded engine, while it is used, into the new folder `path`.
 *
 * @throws BackupError for another engine, or when `path` exists
 */
export async function backupEngine(
  engine: Engine,
  path: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  if (engine instanceof EmbeddedEngine) return backup(engine.store, path, options);
  if (engine instanceof SharedEngine) return engine.backup(resolve(path), options);
  throw new BackupError(
    `${engine.url} is backed up with its own tools (fdbbackup start -d ${resolve(path)}); backups of Plinth are of ` +
      "embedded stores.",
  );
}
