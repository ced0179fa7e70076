/** Puts rows together from the keys of a range read, forward or backward. */

import { equalBytes } from "../../engine/index.js";
import { RecordCorruptError } from "../../errors.js";
import {
  type ChunkHeader,
  chunkNumber,
  decodeHeader,
  isChunk,
  isChunked,
  joinChunks,
} from "../codec/index.js";
import { type Bytes, chunkKey } from "../keys/index.js";

/** A complete row as it is stored. */
export interface RawRow {
  readonly key: Bytes;
  readonly body: Bytes;
  readonly chunked: boolean;
}

export class RowAssembler {
  private header: ChunkHeader | undefined;
  private headerKey: Bytes | undefined;
  private chunks: { readonly key: Bytes; readonly value: Bytes }[] = [];

  constructor(private readonly reverse: boolean) {}

  /** 1 while a row is incomplete. */
  get openRows(): number {
    return this.missing > 0 ? 1 : 0;
  }

  /** How many keys the row in progress still needs. */
  get missing(): number {
    if (this.header !== undefined) return this.header.count - this.chunks.length;
    const lowest = this.chunks.at(-1);
    // Backward, chunks come last to first and the header after chunk 0.
    return lowest === undefined ? 0 : chunkNumber(lowest.value) + 1;
  }

  /** Takes the next key; returns the row that it completes. */
  add(key: Bytes, value: Bytes): RawRow | undefined {
    if (isChunk(value)) return this.addChunk(key, value);
    if (this.reverse) return this.endReverse(key, value);
    if (this.header !== undefined) throw incomplete();
    if (!isChunked(value)) return { key, body: value, chunked: false };
    this.header = decodeHeader(value);
    this.headerKey = key;
    return undefined;
  }

  /** Throws when the range ended inside a row. */
  finish(): void {
    if (this.header !== undefined) throw incomplete();
  }

  private addChunk(key: Bytes, value: Bytes): RawRow | undefined {
    this.chunks.push({ key, value });
    if (this.reverse) return undefined;
    const { header, headerKey } = this;
    if (header === undefined || headerKey === undefined) throw incomplete();
    if (this.chunks.length < header.count) return undefined;
    const row = this.join(header, headerKey);
    this.header = undefined;
    this.headerKey = undefined;
    return row;
  }

  private endReverse(key: Bytes, value: Bytes): RawRow {
    if (isChunked(value)) {
      this.chunks.reverse();
      return this.join(decodeHeader(value), key);
    }
    if (this.chunks.length > 0) throw incomplete();
    return { key, body: value, chunked: false };
  }

  private join(header: ChunkHeader, key: Bytes): RawRow {
    const { chunks } = this;
    this.chunks = [];
    const inPlace = chunks.every((chunk, n) => equalBytes(chunk.key, chunkKey(key, n)));
    const body = joinChunks(header, inPlace ? chunks.map((chunk) => chunk.value) : []);
    return { key, body, chunked: true };
  }
}

function incomplete(): RecordCorruptError {
  return new RecordCorruptError(
    "A record in chunks is incomplete, or a chunk has no record; find what is affected with: plinth check",
  );
}
