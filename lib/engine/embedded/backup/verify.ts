/** Reads every page and every row of a store or a backup that is not open, and tells what is damaged. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { BackupError } from "../../../errors.js";
import { toBytes } from "../../keys/index.js";
import { checkFile, DataFile, openFailure, takeLock } from "../disk/index.js";
import { type FoundCommits, findCommits } from "../journal/index.js";
import type { BackupOptions } from "./backup.js";
import { readManifest } from "./manifest.js";
import { digestOf } from "./write-copy.js";

/** A value that is not as it was written. */
export interface DamagedRow {
  /** Its key. */
  readonly key: Uint8Array;
  /** What is wrong with it. */
  readonly message: string;
}

/** What was read of a store or a backup, and what is damaged. */
export interface VerifyResult {
  /** Rows that were read. */
  readonly rows: number;
  /** Bytes of their keys and values. */
  readonly bytes: number;
  /** False for the store of an earlier build, whose values cannot be checked. */
  readonly checksums: boolean;
  /** The rows that are damaged; none of them is repaired. */
  readonly damaged: readonly DamagedRow[];
  /** What the journal has above the data file; the rows are those of the data file alone. */
  readonly journal: JournalVerdict;
}

export interface JournalVerdict {
  /** Groups of commits that the next open writes into the data file; their records are whole. */
  readonly groups: number;
  /** What is wrong with it; undefined for one that is whole, or that is not needed. */
  readonly problem: string | undefined;
  /** Groups of commits that can be seen behind the damage and not be had. */
  readonly lost: number;
}

/** Rows examined between two turns of the event loop. */
const AT_ONCE = 500;

/**
 * Verifies the store in the folder `path`, which no process may have open.
 *
 * @throws StoreCorruptError when its pages are damaged, so that rows cannot be read at all
 * @throws BackupError for a backup whose rows are all intact, and not the ones that were written
 * @throws StoreLockedError while a process has it open
 */
export async function verifyStore(path: string, options: BackupOptions = {}): Promise<VerifyResult> {
  const data = join(path, "data.mdb");
  if (!existsSync(data))
    throw new BackupError(`${path} holds no store: it has no data.mdb. Name its folder.`);
  try {
    const lock = takeLock(join(path, "lock"));
    try {
      return await verifyFile(path, data, options);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw openFailure(path, error);
  }
}

async function verifyFile(path: string, data: string, options: BackupOptions): Promise<VerifyResult> {
  checkFile(data, true);
  const file = await DataFile.open(data, true);
  try {
    const result = { ...(await examine(file, options)), journal: verdictOf(findCommits(path, file)) };
    if (result.damaged.length === 0) await compareWithManifest(path, file);
    return result;
  } finally {
    await file.close();
  }
}

/** Throws for a backup whose rows are not those that it was made of. */
async function compareWithManifest(path: string, file: DataFile): Promise<void> {
  const manifest = readManifest(path);
  if (manifest === undefined) return;
  const { hex, rows } = await digestOf(file, undefined);
  if (hex !== manifest.digest)
    throw new BackupError(
      `${path} is not what the backup wrote (${rows} rows, ${manifest.rows} expected). Use another backup.`,
    );
}

const verdictOf = ({ records, problem, lost }: FoundCommits): JournalVerdict => ({
  groups: records.length,
  problem,
  lost: lost.length,
});

async function examine(
  file: DataFile,
  { onProgress }: BackupOptions,
): Promise<Omit<VerifyResult, "journal">> {
  const damaged: DamagedRow[] = [];
  let rows = 0;
  let bytes = 0;
  for (const row of file.examine()) {
    rows++;
    bytes += row.bytes;
    if (row.fault !== undefined) damaged.push({ key: toBytes(row.key), message: row.fault.message });
    if (rows % AT_ONCE !== 0) continue;
    onProgress?.({ stage: "verify", rows, bytes });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { rows, bytes, checksums: file.checksums, damaged };
}
