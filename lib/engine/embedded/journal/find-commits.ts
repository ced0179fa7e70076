/** Which commits the journal of a store has above its data file, or why it cannot be trusted to have them all. */

import { join } from "node:path";
import { type DataFile, type JournalNote, journalEnded, journalInUse, storeIdentity } from "../disk/index.js";
import { segmentNames } from "./journal.js";
import type { JournalRecord } from "./journal-record.js";
import { endOf, type FoundSegment, type ReadSegment, readSegment } from "./read-segment.js";

export interface FoundCommits {
  /** The journal that the data file needs. */
  readonly note: JournalNote | undefined;
  /** What has to be written over the data file, in order: every commit up to the first that cannot be had. */
  readonly records: readonly JournalRecord[];
  /** What is wrong with the journal; `undefined` when `records` is all that was acknowledged. */
  readonly problem: string | undefined;
  /** Whole records that `records` leaves out because something before them is missing. */
  readonly lost: readonly JournalRecord[];
}

export function findCommits(folder: string, file: DataFile): FoundCommits {
  const found = segmentNames.map((name) => readSegment(join(folder, name), name));
  const note = journalInUse(file);
  const segments = found.filter((one) => one.kind === "segment");
  const foreign = segments.find((one) => !belongs(one, file, note));
  if (foreign !== undefined) {
    const problem = `${foreign.name} ${whose(foreign, file)}`;
    return { note, records: [], problem, lost: segments.flatMap(wholeOf) };
  }
  if (note === undefined) return { note, records: [], problem: undefined, lost: [] };
  return { note, ...follow(note.version, segments.toSorted(newestFirst), found) };
}

const newestFirst = (a: ReadSegment, b: ReadSegment): number => b.generation - a.generation;

const wholeOf = ({ records, behind }: ReadSegment): readonly JournalRecord[] => [...records, ...behind];

/** Whether a segment is of the journal that the data file needs, or holds nothing that the file lacks. */
function belongs(segment: ReadSegment, file: DataFile, note: JournalNote | undefined): boolean {
  if (note !== undefined) {
    if (note.id === undefined) return segment.format === 1;
    return segment.store === storeIdentity(file)?.toString("hex") && segment.journal === note.id;
  }
  const whole = wholeOf(segment);
  if (whole.length === 0) return true;
  // An earlier build removed its journal after it had cleared its note.
  if (segment.format === 1) return storeIdentity(file) === undefined;
  const ended = journalEnded(file);
  return segment.journal === ended?.id && whole.every(({ version }) => version <= ended!.version);
}

function whose(segment: ReadSegment, file: DataFile): string {
  const store = storeIdentity(file)?.toString("hex");
  if (segment.format === 1 || store === undefined)
    return "is of another build's life of the store, or of another store";
  return segment.store === store ? "is of another life of this store" : "is of another store";
}

/** The commits of one journal above the version `from`. */
function follow(
  from: number,
  segments: readonly ReadSegment[],
  found: readonly FoundSegment[],
): Pick<FoundCommits, "records" | "problem" | "lost"> {
  const above = (records: readonly JournalRecord[]): JournalRecord[] =>
    records.filter(({ version, changes }) => version > from && changes.length > 0);
  const refused = (problem: string, records: readonly JournalRecord[], lost: readonly JournalRecord[]) => ({
    problem,
    records: above(records),
    lost: above(lost),
  });
  const [newest, older] = segments;
  if (newest === undefined) return refused(`the journal is ${stateOf(found)}`, [], []);
  if (older?.generation === newest.generation)
    return refused("both segments of the journal are one and the same", [], wholeOf(newest));
  const before = newest.base > from ? older : undefined;
  if (newest.base > from) {
    if (before === undefined || before.base > from)
      return refused(
        `the older part of the journal is ${stateOf(found)}`,
        [],
        [...(before ? wholeOf(before) : []), ...wholeOf(newest)],
      );
    if (before.behind.length > 0 || endOf(before) !== newest.base)
      return refused(damagedAfter(before), before.records, [...before.behind, ...wholeOf(newest)]);
  }
  const records = [...(before?.records ?? []), ...newest.records];
  if (newest.behind.length > 0) return refused(damagedAfter(newest), records, newest.behind);
  if (newest.continued)
    return refused(`the segment that follows ${newest.name} is ${stateOf(found)}`, records, []);
  // Nothing gets into the data file before it is in the journal.
  if (endOf(newest) < from) return refused("the journal ends before what the data file has", [], []);
  return { records: above(records), problem: undefined, lost: [] };
}

function stateOf(found: readonly FoundSegment[]): string {
  const states = new Set(found.map(({ kind }) => kind));
  if (states.has("damaged")) return "damaged (the header of a segment)";
  return states.has("empty") ? "empty" : "missing";
}

const damagedAfter = (segment: ReadSegment): string =>
  `${segment.name} is damaged in the middle, after version ${endOf(segment)}`;
