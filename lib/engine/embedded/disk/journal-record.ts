/** Encodes and decodes a record of the journal: what a group of commits left under the keys it wrote. */

import { crc32 } from "node:zlib";
import type { Key } from "../../keys/index.js";
import type { Change } from "./change.js";

/** What a group of commits left under its keys; `undefined` is a key that was cleared. */
export interface JournalRecord {
  /** Version of the newest commit of the group. */
  readonly version: number;
  readonly changes: readonly Change[];
}

/** What a record needs of a key that was written: its newest value, `undefined` when it was cleared. */
export interface WrittenKey {
  readonly key: Key;
  readonly value: Buffer | undefined;
}

/** Length of the body, checksum, version, number of changes. */
const HEAD = 4 + 4 + 8 + 4;
/** Length of the key, length of the value. */
const CHANGE = 4 + 4;
const CLEARED = 0xffff_ffff;
/** Where the body begins, which the checksum covers: after the length and the checksum. */
const BODY = 8;

type LatinBuffer = Buffer & { latin1Write(text: string, offset: number): number };

/**
 * The record as it stands in a segment: length, checksum, version, and the changes (little-endian). The checksum
 * begins with the segment's generation, so that what is left of an earlier use of the file is never taken for a record.
 */
export function encodeRecord(
  generation: number,
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
  buffer.writeDoubleLE(version, BODY);
  buffer.writeUInt32LE(count, BODY + 8);
  buffer.writeUInt32LE(crc32(buffer.subarray(BODY, at), generation), 4);
  return buffer.subarray(0, at);
}

/** The record at `at` and where the next one begins; `undefined` when none was written there whole. */
export function decodeRecord(
  generation: number,
  segment: Buffer,
  at: number,
): { record: JournalRecord; next: number } | undefined {
  if (at + HEAD > segment.length) return undefined;
  const next = at + BODY + segment.readUInt32LE(at);
  if (next < at + HEAD || next > segment.length) return undefined;
  if (segment.readUInt32LE(at + 4) !== crc32(segment.subarray(at + BODY, next), generation)) return undefined;
  const changes: Change[] = [];
  let position = at + HEAD;
  for (let left = segment.readUInt32LE(at + BODY + 8); left > 0; left--) {
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
  return { record: { version: segment.readDoubleLE(at + BODY), changes }, next };
}

function grown(buffer: Buffer, needed: number, used: number): LatinBuffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(needed, buffer.length * 2));
  buffer.copy(larger, 0, 0, used);
  return larger as LatinBuffer;
}
