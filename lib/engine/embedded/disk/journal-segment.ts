/** One of the two files of the journal: a header, and records from there to the first that is not whole. */

import { closeSync, fdatasync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { WrittenKey } from "./journal-record.js";
import { decodeRecord, encodeRecord, type JournalRecord } from "./journal-record.js";

const MAGIC = "plinth journal 1";
/** Magic, generation, base, checksum. */
const HEADER = 16 + 8 + 8 + 4;
/** A flush of bytes that the file already has is faster than one that makes it longer. */
const EXTENT = 1 << 20;
const ZEROS = Buffer.alloc(EXTENT);

/** What is whole in a segment that an earlier process left. */
export interface ReadSegment {
  /** Counts the uses of segments; the higher is the later. */
  readonly generation: number;
  /** The newest version written before this segment. */
  readonly base: number;
  readonly records: readonly JournalRecord[];
}

export class JournalSegment {
  private readonly file: number;
  private generation = 0;
  private position = 0;
  private extent = 0;
  /** The newest version in it. */
  version = 0;
  private scratch: Buffer = Buffer.allocUnsafeSlow(1 << 16);

  constructor(path: string) {
    this.file = openSync(path, "w+");
  }

  /** Bytes in use. */
  get size(): number {
    return this.position;
  }

  /** Forgets what is in it: the next record is the first of `generation`. The next flush makes that durable too. */
  begin(generation: number, base: number): void {
    const header = Buffer.alloc(HEADER);
    header.write(MAGIC, 0, "latin1");
    header.writeDoubleLE(generation, 16);
    header.writeDoubleLE(base, 24);
    header.writeUInt32LE(crc32(header.subarray(0, HEADER - 4)), HEADER - 4);
    this.write(header, 0);
    this.generation = generation;
    this.position = HEADER;
    this.version = base;
  }

  /** Writes one record after the others. When it throws, the next record takes the same place. */
  append(version: number, changes: Iterable<WrittenKey>): void {
    const record = encodeRecord(this.generation, version, changes, this.scratch);
    if (record.buffer.byteLength <= EXTENT) this.scratch = Buffer.from(record.buffer);
    this.write(record, this.position);
    this.position += record.length;
    this.version = version;
  }

  /** Takes back what was appended since, which could not be flushed. */
  takeBack(position: number, version: number): void {
    this.position = position;
    this.version = version;
    try {
      this.write(ZEROS.subarray(0, 8), position);
    } catch {
      // The next record takes this place.
    }
  }

  flush(): void {
    fdatasyncSync(this.file);
  }

  flushLater(done: (error: Error | null) => void): void {
    fdatasync(this.file, done);
  }

  close(): void {
    closeSync(this.file);
  }

  private write(bytes: Uint8Array, at: number): void {
    while (this.extent < at + bytes.length) {
      writeFully(this.file, ZEROS, this.extent);
      this.extent += EXTENT;
    }
    writeFully(this.file, bytes, at);
  }
}

/** A disk that fills up may take a part. */
function writeFully(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}

/** What is whole in the file at `path`; `undefined` when there is no such file, or it was never begun. */
export function readSegment(path: string): ReadSegment | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (bytes.length < HEADER || bytes.toString("latin1", 0, 16) !== MAGIC) return undefined;
  if (bytes.readUInt32LE(HEADER - 4) !== crc32(bytes.subarray(0, HEADER - 4))) return undefined;
  const generation = bytes.readDoubleLE(16);
  const records: JournalRecord[] = [];
  let found = decodeRecord(generation, bytes, HEADER);
  while (found !== undefined) {
    records.push(found.record);
    found = decodeRecord(generation, bytes, found.next);
  }
  return { generation, base: bytes.readDoubleLE(24), records };
}
