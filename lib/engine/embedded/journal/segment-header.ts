/** The header of a journal's segment: which store and which journal it belongs to, and where it stands in that journal. */

import { crc32 } from "node:zlib";
import type { Stamp } from "./journal-record.js";

export interface SegmentHeader {
  /** Counts the uses of segments; the higher is the later. */
  readonly generation: number;
  /** The newest version written before this segment. */
  readonly base: number;
  /** Identity of the store (16 bytes). */
  readonly store: Buffer;
  /** Identity of the journal (16 bytes): a store has another one after each recovery. */
  readonly journal: Buffer;
  /** The mark of its records (8 bytes). */
  readonly mark: Buffer;
  /** The sequence of its first record. */
  readonly sequence: number;
}

const MAGIC = "plinth journal 2";
/** Magic, generation, base, checksum. */
const PLACE = 16 + 8 + 8 + 4;
/** Length, checksum, and what they are of: store, journal, mark, sequence. */
const BODY = 16 + 16 + 8 + 8;
export const HEADER_BYTES = PLACE + 8 + BODY;

export function encodeHeader(header: SegmentHeader): { bytes: Buffer; stamp: Stamp } {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write(MAGIC, 0, "latin1");
  bytes.writeDoubleLE(header.generation, 16);
  bytes.writeDoubleLE(header.base, 24);
  const place = crc32(bytes.subarray(0, PLACE - 4));
  bytes.writeUInt32LE(place, PLACE - 4);
  // As a record is framed, so that what reads records by their lengths passes over it.
  bytes.writeUInt32LE(BODY, PLACE);
  bytes.set(header.store, PLACE + 8);
  bytes.set(header.journal, PLACE + 24);
  bytes.set(header.mark, PLACE + 40);
  bytes.writeDoubleLE(header.sequence, PLACE + 48);
  const seed = crc32(bytes.subarray(PLACE + 8), place);
  bytes.writeUInt32LE(seed, PLACE + 4);
  return { bytes, stamp: { mark: header.mark, seed } };
}

/** The header that `bytes` begins with; `undefined` when it has none that is whole. */
export function decodeHeader(bytes: Buffer): { header: SegmentHeader; stamp: Stamp } | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 16) !== MAGIC) return undefined;
  const place = crc32(bytes.subarray(0, PLACE - 4));
  if (bytes.readUInt32LE(PLACE - 4) !== place || bytes.readUInt32LE(PLACE) !== BODY) return undefined;
  const seed = crc32(bytes.subarray(PLACE + 8, HEADER_BYTES), place);
  if (bytes.readUInt32LE(PLACE + 4) !== seed) return undefined;
  const copy = (start: number, length: number): Buffer => Buffer.from(bytes.subarray(start, start + length));
  const header: SegmentHeader = {
    generation: bytes.readDoubleLE(16),
    base: bytes.readDoubleLE(24),
    store: copy(PLACE + 8, 16),
    journal: copy(PLACE + 24, 16),
    mark: copy(PLACE + 40, 8),
    sequence: bytes.readDoubleLE(PLACE + 48),
  };
  return { header, stamp: { mark: header.mark, seed } };
}
