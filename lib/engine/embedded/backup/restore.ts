/** Makes a store of a backup: a new one, which knows nothing of the life of the store that was backed up. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { BackupError } from "../../../errors.js";
import { DataFile, openFailure } from "../disk/index.js";
import type { SnapshotRow } from "../store/index.js";
import type { BackupOptions, BackupResult } from "./backup.js";
import { readManifest } from "./manifest.js";
import { digestOf, writeCopy } from "./write-copy.js";

/**
 * Makes the store `to`, a folder that does not exist, of the backup in the folder `from`.
 *
 * The backup is read whole first, and compared with what was written into it.
 *
 * @throws BackupError when `from` is no backup or was changed, and when `to` exists
 * @throws StoreCorruptError for a damaged backup
 * @example await restoreBackup("./backups/monday", "./data");
 */
export async function restoreBackup(
  from: string,
  to: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  const manifest = readManifest(from);
  if (manifest === undefined || !existsSync(join(from, "data.mdb"))) {
    throw new BackupError(
      `${from} is no backup: it has no backup.json with a data.mdb. Name a folder that \`plinth backup\` made.`,
    );
  }
  const path = resolve(to);
  const file = await DataFile.open(join(from, "data.mdb"), true).catch((error: unknown) => {
    throw openFailure(from, error);
  });
  try {
    const { hex, rows } = await digestOf(file, options.onProgress);
    if (hex !== manifest.digest || rows !== manifest.rows) {
      throw new BackupError(
        `${from} is not what the backup wrote (${rows} rows, ${manifest.rows} expected): it was opened as a store and ` +
          "written to, or rows are lost. Use another backup.",
      );
    }
    const { version } = manifest;
    const digest = await writeCopy(path, rowsOf(file), version, options.onProgress, () => undefined);
    return { path, version: BigInt(version), rows: digest.rows, bytes: digest.bytes };
  } finally {
    await file.close();
  }
}

/** Rows read from the backup in one go. */
const AT_ONCE = 500;

function* rowsOf(file: DataFile): Generator<SnapshotRow> {
  const snapshot = file.snapshot();
  try {
    let last: string | undefined;
    for (;;) {
      const rows = snapshot.rowsAfter(last, AT_ONCE);
      yield* rows;
      if (rows.length < AT_ONCE) return;
      last = rows.at(-1)!.key;
    }
  } finally {
    snapshot.end();
  }
}
