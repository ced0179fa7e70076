/** Brings what an earlier process left in the journal into the data file when a store is opened. */

import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Change, DataFile } from "../disk/index.js";
import {
  commitChange,
  committedVersion,
  corruptStore,
  journalEndChanges,
  promiseChange,
  promisedVersion,
} from "../disk/index.js";
import { type FoundCommits, findCommits } from "./find-commits.js";
import { segmentNames } from "./journal.js";
import type { JournalRecord } from "./journal-record.js";

/** Keys written to the file in one go. */
const AT_ONCE = 10_000;

/**
 * The journal is removed afterwards. A crash in the middle of it is made good by the next open.
 *
 * @throws StoreCorruptError when the journal lacks commits that were acknowledged, or is of another store or life;
 * nothing was changed then
 */
export async function recover(folder: string, file: DataFile): Promise<void> {
  await applyCommits(file, wholeCommits(folder, file));
  for (const name of segmentNames) rmSync(join(folder, name), { force: true });
}

/**
 * The commits that the journal has above the data file, all of them.
 *
 * @throws StoreCorruptError
 */
export function wholeCommits(folder: string, file: DataFile): FoundCommits {
  const found = findCommits(folder, file);
  if (found.problem !== undefined)
    throw corruptStore(
      folder,
      `${found.problem}, so commits that were acknowledged may be lost (${stake(found)})`,
      undefined,
      "Nothing was changed. Restore the file, or a backup of the folder; " +
        `\`plinth recover embedded:${folder}\` shows what is left and can go on without the rest.`,
    );
  return found;
}

/** Writes the records over the file, and notes that it needs no journal. */
export async function applyCommits(file: DataFile, { note, records }: FoundCommits): Promise<void> {
  if (note === undefined) return;
  for (const changes of batches(records)) await file.write(changes);
  const last = records.at(-1)?.version ?? note.version;
  await file.write([
    ...journalEndChanges(last, note.id === undefined ? undefined : Buffer.from(note.id, "hex")),
    commitChange(Math.max(last, committedVersion(file) ?? 0)),
    promiseChange(Math.max(last + 1, promisedVersion(file))),
  ]);
}

/** What is known of the commits that would be missing. */
export function stake({ note, records, lost }: FoundCommits): string {
  const kept = records.at(-1)?.version ?? note?.version;
  const after = kept === undefined ? "" : `everything after version ${kept}`;
  if (lost.length === 0) return after === "" ? "how many cannot be told" : `at stake is ${after}`;
  const newest = Math.max(...lost.map(({ version }) => version));
  const groups = `${lost.length} ${lost.length === 1 ? "group" : "groups"} of commits up to version ${newest}`;
  return `at stake is ${after === "" ? groups : `${after}, of which ${groups} can be seen`}`;
}

/** Of a key that was written many times, the last value of a batch is all that counts. */
function* batches(records: readonly JournalRecord[]): Generator<Change[]> {
  let batch = new Map<Change[0], Change[1]>();
  for (const { changes } of records) {
    for (const [key, value] of changes) batch.set(key, value);
    if (batch.size < AT_ONCE) continue;
    yield [...batch];
    batch = new Map();
  }
  if (batch.size > 0) yield [...batch];
}
