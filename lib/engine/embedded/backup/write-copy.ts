/** Writes rows into a new data file in turns, and reads them back before the file gets its name. */

import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BackupError, PlinthError } from "../../../errors.js";
import type { Change } from "../disk/index.js";
import {
  commitChange,
  DataFile,
  errnoOf,
  livesChange,
  newIdentity,
  promiseChange,
  storeChange,
} from "../disk/index.js";
import { Lives } from "../journal/index.js";
import type { SnapshotRow } from "../store/index.js";
import { Digest } from "./digest.js";

/** Rows and bytes between two turns of the event loop, which commits beside the copy wait for. */
const AT_ONCE = { rows: 256, bytes: 1 << 17 };
/** Bytes of rows after which the copy is flushed: a flush of much at its end would hold up those of the journal. */
const FLUSH_EVERY = 8 << 20;

export interface Progress {
  readonly stage: "copy" | "verify";
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Makes the folder `path`, which must not exist, of `rows`, whose versions are all at or below `version`; `finish` may
 * add to it before it gets its name. What fails leaves nothing behind.
 */
export async function writeCopy(
  path: string,
  rows: Iterable<SnapshotRow>,
  version: number,
  onProgress: ((progress: Progress) => void) | undefined,
  finish: (folder: string, digest: Digest) => void,
): Promise<Digest> {
  if (existsSync(path)) {
    throw new BackupError(`${path} exists already, and is left as it is. Name a path where nothing is.`);
  }
  const folder = `${path}.${process.pid}.partial`;
  let at = folder;
  try {
    mkdirSync(folder, { recursive: true });
    const digest = await copyRows(join(folder, "data.mdb"), rows, version, onProgress);
    await readBack(join(folder, "data.mdb"), digest, onProgress);
    await flush(join(folder, "data.mdb"));
    rmSync(join(folder, "data.mdb-lock"), { force: true });
    finish(folder, digest);
    await flush(folder);
    renameSync(folder, path);
    at = path;
    await flush(dirname(path));
    return digest;
  } catch (error) {
    throw copyFailure(path, error, removed(at));
  }
}

function removed(folder: string): boolean {
  try {
    rmSync(folder, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}

/** What the system says of a copy that it refuses. */
function copyFailure(path: string, error: unknown, removed: boolean): unknown {
  const errno = errnoOf(error);
  if (error instanceof PlinthError || errno === undefined) return error;
  const left = removed ? "Nothing of it was kept" : `What is left of it, beside ${path}, can be removed`;
  return new BackupError(
    `The system refuses to write the copy ${path} (${errno}: ${String((error as Error).message)}). ${left}, and what it ` +
      "was to be a copy of is as it was; make room or mend the disk, or name another place.",
    { cause: error },
  );
}

async function copyRows(
  path: string,
  rows: Iterable<SnapshotRow>,
  version: number,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<Digest> {
  const file = await DataFile.open(path, true);
  try {
    const digest = new Digest();
    let batch: Change[] = [];
    let bytes = 0;
    let flushed = 0;
    for (const { key, value } of rows) {
      digest.add(key, value);
      batch.push([key, value]);
      bytes += key.length + value.length;
      if (batch.length < AT_ONCE.rows && bytes < AT_ONCE.bytes) continue;
      await file.write(batch);
      onProgress?.({ stage: "copy", rows: digest.rows, bytes: digest.bytes });
      batch = [];
      bytes = 0;
      if (digest.bytes - flushed < FLUSH_EVERY) continue;
      await flush(path);
      flushed = digest.bytes;
    }
    await file.write([...batch, ...identityAt(version)]);
    return digest;
  } finally {
    await file.close();
  }
}

/** A copy is a store of its own, which knows of no life but the one that begins with it. */
function identityAt(version: number): Change[] {
  const identity = newIdentity();
  const lives = Lives.open(undefined, identity, version);
  return [
    promiseChange(version + 1),
    commitChange(version),
    storeChange(identity),
    livesChange(lives.encode()),
  ];
}

async function readBack(
  path: string,
  written: Digest,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<void> {
  const file = await DataFile.openOwn(path);
  try {
    const read = await digestOf(file, onProgress);
    if (read.hex !== written.hex || read.rows !== written.rows) {
      throw new BackupError(
        `The copy was written and reads back differently (${read.rows} of ${written.rows} rows). Nothing was kept; ` +
          "check the disk, or write it to another one.",
      );
    }
  } finally {
    await file.close();
  }
}

/** Of every row of a file, in turns. Throws `StoreCorruptError` for a damaged one. */
export async function digestOf(
  file: DataFile,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<Digest> {
  const digest = new Digest();
  const snapshot = file.snapshot();
  try {
    let last: string | undefined;
    for (;;) {
      const rows = snapshot.rowsAfter(last, AT_ONCE.rows);
      for (const { key, value } of rows) digest.add(key, value);
      onProgress?.({ stage: "verify", rows: digest.rows, bytes: digest.bytes });
      if (rows.length < AT_ONCE.rows) return digest;
      last = rows.at(-1)!.key;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    snapshot.end();
  }
}

/** On another thread: the disk may take its time, and the store goes on. */
async function flush(path: string): Promise<void> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    await file.sync();
  } catch (error) {
    // Windows flushes no folders, and no files that are open for reading.
    if (process.platform !== "win32") throw error;
  } finally {
    await file?.close();
  }
}
