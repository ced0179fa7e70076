/** The file beside the rows of a backup that says what it is of and what must be in it. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BackupError } from "../../../errors.js";

export interface Manifest {
  readonly format: 1;
  /** The store's version at which everything is. */
  readonly version: number;
  readonly rows: number;
  readonly bytes: number;
  readonly digest: string;
  readonly createdAt: string;
}

const pathIn = (folder: string): string => join(folder, "backup.json");

export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(pathIn(folder), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
}

/** Undefined where there is none. Throws `BackupError` for one that this release cannot read. */
export function readManifest(folder: string): Manifest | undefined {
  let text: string;
  try {
    text = readFileSync(pathIn(folder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.format === 1 && Number.isInteger(manifest.rows) && typeof manifest.digest === "string")
      return manifest;
  } catch {
    // Told below.
  }
  throw new BackupError(
    `${pathIn(folder)} is damaged, or of a newer release of Plinth. Use another backup, or the release that made it.`,
  );
}
