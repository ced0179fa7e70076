/** Copies an open store, at one version, into a folder of its own. */

import { resolve } from "node:path";
import type { Store } from "../store/index.js";
import { writeManifest } from "./manifest.js";
import { type Progress, writeCopy } from "./write-copy.js";

/** Options of a backup, and of reading one. */
export interface BackupOptions {
  /** Told after every some hundred rows: first of the copy, then of reading it back. Default: nobody is. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What a backup holds. */
export interface BackupResult {
  /** The folder, absolute. */
  readonly path: string;
  /** Everything up to it is in the backup, and nothing after it. */
  readonly version: bigint;
  /** Keys that it holds. */
  readonly rows: number;
  /** Of keys and values. */
  readonly bytes: number;
}

export async function backup(store: Store, path: string, options: BackupOptions): Promise<BackupResult> {
  const folder = resolve(path);
  const snapshot = store.snapshot();
  try {
    const { version } = snapshot;
    const digest = await writeCopy(
      folder,
      snapshot.rows(),
      version,
      options.onProgress,
      (at, { rows, bytes, hex }) =>
        writeManifest(at, {
          format: 1,
          version,
          rows,
          bytes,
          digest: hex,
          createdAt: new Date().toISOString(),
        }),
    );
    return { path: folder, version: BigInt(version), rows: digest.rows, bytes: digest.bytes };
  } finally {
    snapshot.end();
  }
}
