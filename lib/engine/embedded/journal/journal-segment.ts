/** One of the two files of the journal as it is written: a header, and records behind it. */

import { closeSync, fdatasync, fdatasyncSync, openSync, rmSync } from "node:fs";
import { isAt, writeAll } from "../disk/index.js";
import { encodeRecord, type Stamp, type WrittenKey } from "./journal-record.js";
import { encodeHeader, HEADER_BYTES, type SegmentHeader } from "./segment-header.js";

/** A flush of bytes that the file already has is faster than one that makes it longer. */
const EXTENT = 1 << 20;
const ZEROS = Buffer.alloc(EXTENT);

export class JournalSegment {
  private readonly file: number;
  private closed = false;
  private stamp: Stamp = { mark: ZEROS.subarray(0, 8), seed: 0 };
  private position = 0;
  private extent = 0;
  /** The newest version in it. */
  version = 0;
  private scratch: Buffer = Buffer.allocUnsafeSlow(1 << 16);

  constructor(private readonly path: string) {
    this.file = openSync(path, "w+");
  }

  /** Bytes in use. */
  get size(): number {
    return this.position;
  }

  /** Forgets what is in it: the next record is its first. */
  begin(header: SegmentHeader): void {
    const { bytes, stamp } = encodeHeader(header);
    this.write(bytes, 0);
    this.stamp = stamp;
    this.position = HEADER_BYTES;
    this.version = header.base;
  }

  /** Writes one record after the others. When it throws, the next record takes the same place. */
  append(sequence: number, version: number, changes: Iterable<WrittenKey>): void {
    const record = encodeRecord(this.stamp, sequence, version, changes, this.scratch);
    if (record.buffer.byteLength <= EXTENT) this.scratch = Buffer.from(record.buffer);
    this.write(record, this.position);
    this.position += record.length;
    this.version = version;
  }

  flush(): void {
    fdatasyncSync(this.file);
  }

  flushLater(done: (error: Error | null) => void): void {
    fdatasync(this.file, done);
  }

  /** Once: by then its number may be that of another file. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.file);
  }

  /** Closes it and removes its file, unless another stands under its name by now. */
  remove(): void {
    if (this.closed) return;
    const own = isAt(this.file, this.path);
    this.close();
    if (own) removeFile(this.path);
  }

  private write(bytes: Uint8Array, at: number): void {
    while (this.extent < at + bytes.length) {
      writeAll(this.file, ZEROS, this.extent);
      this.extent += EXTENT;
    }
    writeAll(this.file, bytes, at);
  }
}

/** What cannot be removed does no harm: the data file says that it needs it no more, and the next journal begins in it. */
function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {}
}
