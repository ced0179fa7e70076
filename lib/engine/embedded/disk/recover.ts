/** Brings what an earlier process left in the journal into the data file when a store is opened. */

import type { Change } from "./change.js";
import { corruptStore } from "./corrupt-store.js";
import type { DataFile } from "./data-file.js";
import { removeSegments, segmentPaths } from "./journal.js";
import type { JournalRecord } from "./journal-record.js";
import { type ReadSegment, readSegment } from "./journal-segment.js";
import { encodeVersion, JOURNAL_KEY, journaledFrom, PROMISE_KEY, promisedVersion } from "./store-keys.js";

/** Keys written to the file in one go. */
const AT_ONCE = 10_000;

/**
 * The journal is removed afterwards. A crash in the middle of it is made good by the next open.
 *
 * @throws StoreCorruptError when the journal lacks commits that were acknowledged
 */
export function recover(folder: string, file: DataFile): void {
  const from = journaledFrom(file);
  if (from !== undefined) {
    const records = recordsAfter(from, folder);
    for (const changes of batches(records)) file.writeSync(changes);
    const last = records.at(-1)?.version ?? from;
    file.writeSync([
      [JOURNAL_KEY, undefined],
      [PROMISE_KEY, encodeVersion(Math.max(last + 1, promisedVersion(file)))],
    ]);
  }
  removeSegments(folder);
}

/** Everything the journal has above `from`, in order. */
function recordsAfter(from: number, folder: string): readonly JournalRecord[] {
  const segments = segmentPaths(folder)
    .map(readSegment)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => b.generation - a.generation);
  const [newest, older] = segments;
  if (newest === undefined) throw incomplete(folder, "its journal is missing");
  const used = [newest];
  if (newest.base > from) {
    // The data file needs both; an older one that it does not need may be half overwritten.
    if (older === undefined || older.base > from || endOf(older) !== newest.base)
      throw incomplete(folder, "the older part of its journal is damaged");
    used.unshift(older);
  }
  // Nothing gets into the data file before it is in the journal.
  if (endOf(newest) < from) throw incomplete(folder, "its journal is damaged");
  return used.flatMap(({ records }) => records.filter(({ version }) => version > from));
}

const endOf = ({ records, base }: ReadSegment): number => records.at(-1)?.version ?? base;

const incomplete = (folder: string, what: string) =>
  corruptStore(folder, `${what}, so commits that were acknowledged may be lost`);

function* batches(records: readonly JournalRecord[]): Generator<Change[]> {
  let batch: Change[] = [];
  for (const { changes } of records) {
    for (const change of changes) batch.push(change);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
