/** Encodes and decodes a record of the journal: what a group of commits left under the keys it wrote. */

import { crc32 } from "node:zlib";
import type { Key } from "../../keys/index.js";
import type { Change } from "../disk/index.js";

/** What a group of commits left under its keys; `undefined` is a key that was cleared. */
export interface JournalRecord {
  /** Counts the records of a journal, over its segments. */
  readonly sequence: number;
  /** Version of the newest commit of the group. */
  readonly version: number;
  /** None in the last record of a segment that the other one continues. */
  readonly changes: readonly Change[];
}

/** What a record needs of a key that was written: its newest value, `undefined` when it was cleared. */
export interface WrittenKey {
  readonly key: Key;
  readonly value: Buffer | undefined;
}

/** What ties a record to the store, the journal and the generation of its segment. */
export interface Stamp {
  /** Eight random bytes of the segment, in each of its records: how whole records are found behind a damaged one. */
  readonly mark: Buffer;
  /** Checksum of the segment's header, with which that of each record begins. */
  readonly seed: number;
}

/** Length of the body, checksum, mark, sequence, version, number of changes. */
const HEAD = 4 + 4 + 8 + 8 + 8 + 4;
/** Length of the key, length of the value. */
const CHANGE = 4 + 4;
const CLEARED = 0xffff_ffff;
/** Where the body begins, which the checksum covers: after the length and the checksum. */
const BODY = 8;

type LatinBuffer = Buffer & { latin1Write(text: string, offset: number): number };

/** The record as it stands in a segment: length, checksum, mark, sequence, version, and the changes (little-endian). */
export function encodeRecord(
  { mark, seed }: Stamp,
  sequence: number,
  version: number,
  changes: Iterable<WrittenKey>,
  target: Buffer,
): Buffer {
  let buffer = target as LatinBuffer;
  let at = HEAD;
  let count = 0;
  for (const { key, value } of changes) {
    const length = CHANGE + key.length + (value?.length ?? 0);
    if (at + length > buffer.length) buffer = grown(buffer, at + length, at);
    buffer.writeUInt32LE(key.length, at);
    buffer.writeUInt32LE(value?.length ?? CLEARED, at + 4);
    buffer.latin1Write(key, at + CHANGE);
    if (value !== undefined) buffer.set(value, at + CHANGE + key.length);
    at += length;
    count++;
  }
  buffer.writeUInt32LE(at - BODY, 0);
  buffer.set(mark, BODY);
  buffer.writeDoubleLE(sequence, BODY + 8);
  buffer.writeDoubleLE(version, BODY + 16);
  buffer.writeUInt32LE(count, BODY + 24);
  buffer.writeUInt32LE(crc32(buffer.subarray(BODY, at), seed), 4);
  return buffer.subarray(0, at);
}

/** The record at `at` and where the next one begins; `undefined` when none of this stamp stands there whole. */
export function decodeRecord(
  { mark, seed }: Stamp,
  segment: Buffer,
  at: number,
): { record: JournalRecord; next: number } | undefined {
  if (at < 0 || at + HEAD > segment.length) return undefined;
  const next = at + BODY + segment.readUInt32LE(at);
  if (next < at + HEAD || next > segment.length) return undefined;
  if (segment.compare(mark, 0, mark.length, at + BODY, at + BODY + mark.length) !== 0) return undefined;
  if (segment.readUInt32LE(at + 4) !== crc32(segment.subarray(at + BODY, next), seed)) return undefined;
  const count = segment.readUInt32LE(at + BODY + 24);
  const record: JournalRecord = {
    sequence: segment.readDoubleLE(at + BODY + 8),
    version: segment.readDoubleLE(at + BODY + 16),
    changes: decodeChanges(segment, at + HEAD, count),
  };
  return { record, next };
}

/** The changes of a record whose checksum has been compared. */
export function decodeChanges(segment: Buffer, start: number, count: number): Change[] {
  const changes: Change[] = [];
  let position = start;
  for (let left = count; left > 0; left--) {
    const keyLength = segment.readUInt32LE(position);
    const valueLength = segment.readUInt32LE(position + 4);
    position += CHANGE;
    const key = segment.toString("latin1", position, position + keyLength);
    position += keyLength;
    if (valueLength === CLEARED) changes.push([key, undefined]);
    else {
      changes.push([key, segment.subarray(position, position + valueLength)]);
      position += valueLength;
    }
  }
  return changes;
}

/** The whole records behind `from` whose sequence is above `sequence`, wherever they stand. */
export function* recordsBehind(
  stamp: Stamp,
  segment: Buffer,
  from: number,
  sequence: number,
): Generator<JournalRecord> {
  for (let at = from; ; ) {
    const found = segment.indexOf(stamp.mark, at + BODY) - BODY;
    if (found < at) return;
    const decoded = decodeRecord(stamp, segment, found);
    if (decoded !== undefined && decoded.record.sequence > sequence) yield decoded.record;
    at = decoded?.next ?? found + 1;
  }
}

function grown(buffer: Buffer, needed: number, used: number): LatinBuffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
  buffer.copy(larger, 0, 0, used);
  return larger as LatinBuffer;
}
