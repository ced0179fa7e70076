/** Reads segments of the journal's first format, which earlier builds left: without identity, mark and sequence. */

import { crc32 } from "node:zlib";
import { decodeChanges, type JournalRecord } from "./journal-record.js";

const MAGIC = "plinth journal 1";
const HEADER = 16 + 8 + 8 + 4;
const HEAD = 4 + 4 + 8 + 4;
const BODY = 8;
/** Versions are microseconds: no record is this much later than the one before it. */
const FARTHEST = 1e13;

export interface FirstFormat {
  readonly generation: number;
  readonly base: number;
  readonly records: readonly JournalRecord[];
  /** Whole records behind one that is not. */
  readonly behind: readonly JournalRecord[];
}

export function readFirstFormat(bytes: Buffer): FirstFormat | undefined {
  if (bytes.length < HEADER || bytes.toString("latin1", 0, 16) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(HEADER - 4) !== crc32(bytes.subarray(0, HEADER - 4))) return undefined;
  const generation = bytes.readDoubleLE(16);
  const base = bytes.readDoubleLE(24);
  const records: JournalRecord[] = [];
  let at = HEADER;
  for (;;) {
    const found = decode(generation, bytes, at, records.length);
    if (found === undefined) break;
    records.push(found.record);
    at = found.next;
  }
  const last = records.at(-1)?.version ?? base;
  return { generation, base, records, behind: [...behind(generation, bytes, at, last)] };
}

function decode(
  generation: number,
  bytes: Buffer,
  at: number,
  sequence: number,
): { record: JournalRecord; next: number } | undefined {
  if (at + HEAD > bytes.length) return undefined;
  const next = at + BODY + bytes.readUInt32LE(at);
  if (next < at + HEAD || next > bytes.length) return undefined;
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + BODY, next), generation)) return undefined;
  const changes = decodeChanges(bytes, at + HEAD, bytes.readUInt32LE(at + BODY + 8));
  return { record: { sequence, version: bytes.readDoubleLE(at + BODY), changes }, next };
}

function* behind(generation: number, bytes: Buffer, from: number, last: number): Generator<JournalRecord> {
  for (let at = from; at + HEAD <= bytes.length; ) {
    const version = bytes.readDoubleLE(at + BODY);
    // The checksum is only added up where a version stands that may follow.
    const likely = Number.isInteger(version) && version > last && version < last + FARTHEST;
    const found = likely ? decode(generation, bytes, at, 0) : undefined;
    if (found !== undefined) yield found.record;
    at = found?.next ?? at + 1;
  }
}
