/** Cuts a record body that is too long for one value into chunks, and joins them again, checked by a digest. */

import { hash } from "node:crypto";
import { RecordCorruptError } from "../../errors.js";
import type { Bytes } from "../keys/index.js";
import { CodecId } from "./codec-ids.js";

/** A record body longer than this is split; FoundationDB takes values of up to 100,000 bytes. */
export const CHUNK_BYTES = 90_000;
const DIGEST_BYTES = 16;
/** In front of a chunk's bytes: the codec id and the chunk's number. */
const CHUNK_HEAD = 5;
const HEADER_BYTES = 1 + 4 + 4 + DIGEST_BYTES;

/** What the key of a chunked record holds in place of the record; it changes with every change of the record. */
export interface ChunkHeader {
  readonly count: number;
  readonly length: number;
  /** The first 16 bytes of the SHA-256 of the body. */
  readonly digest: Bytes;
}

function digestOf(body: Bytes): Buffer {
  return hash("sha256", body, "buffer").subarray(0, DIGEST_BYTES);
}

export function isChunked(value: Bytes): boolean {
  return value[0] === CodecId.chunked;
}

export function isChunk(value: Bytes): boolean {
  return value[0] === CodecId.chunk;
}

export function encodeHeader(body: Bytes): Bytes {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header[0] = CodecId.chunked;
  header.writeUInt32BE(Math.ceil(body.length / CHUNK_BYTES), 1);
  header.writeUInt32BE(body.length, 5);
  header.set(digestOf(body), 9);
  return header;
}

export function decodeHeader(value: Bytes): ChunkHeader {
  const header = Buffer.from(value.buffer, value.byteOffset, value.length);
  if (header.length !== HEADER_BYTES)
    throw new RecordCorruptError("The header of a chunked record is damaged.");
  return { count: header.readUInt32BE(1), length: header.readUInt32BE(5), digest: header.subarray(9) };
}

/** The n-th chunk, as it is stored. */
export function encodeChunk(body: Bytes, n: number): Bytes {
  const slice = body.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES);
  const chunk = Buffer.allocUnsafe(slice.length + CHUNK_HEAD);
  chunk[0] = CodecId.chunk;
  chunk.writeUInt32BE(n, 1);
  chunk.set(slice, CHUNK_HEAD);
  return chunk;
}

/** The number of a chunk, from 0. */
export function chunkNumber(value: Bytes): number {
  return value.length < CHUNK_HEAD
    ? -1
    : Buffer.from(value.buffer, value.byteOffset, CHUNK_HEAD).readUInt32BE(1);
}

/** The body, checked against its header. Throws `RecordCorruptError` for a missing or foreign chunk. */
export function joinChunks(header: ChunkHeader, chunks: readonly Bytes[]): Bytes {
  // The header may be damaged too: no more is allocated than there is.
  const there = chunks.reduce((sum, chunk) => sum + Math.max(0, chunk.length - CHUNK_HEAD), 0);
  const body = Buffer.allocUnsafe(Math.min(header.length, there));
  let at = 0;
  if (chunks.length === header.count && there === header.length) {
    for (let n = 0; n < chunks.length; n++) {
      const chunk = chunks[n] as Bytes;
      if (!isChunk(chunk) || chunkNumber(chunk) !== n || at + chunk.length - CHUNK_HEAD > body.length) break;
      body.set(chunk.subarray(CHUNK_HEAD), at);
      at += chunk.length - CHUNK_HEAD;
    }
  }
  if (at !== header.length || !digestOf(body).equals(header.digest)) {
    throw new RecordCorruptError(
      `A record of ${header.count} chunks is incomplete or damaged (${chunks.length} chunks, ${at} of ` +
        `${header.length} bytes); find what is affected with: plinth check`,
    );
  }
  return body;
}
