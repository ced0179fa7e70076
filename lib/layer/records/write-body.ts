/** Writes the body of a record under its key, in chunks where it is long. */

import type { Transaction } from "../../engine/index.js";
import { CHUNK_BYTES, encodeChunk, encodeHeader } from "../codec/index.js";
import { type Bytes, chunkKey, chunkRange } from "../keys/index.js";

/** @param wasChunked whether the earlier body may have chunks, which are then cleared */
export function writeBody(tx: Transaction, dataKey: Bytes, body: Bytes, wasChunked: boolean): void {
  if (wasChunked) {
    const old = chunkRange(dataKey);
    tx.clearRange(old.begin, old.end);
  }
  if (body.length <= CHUNK_BYTES) {
    tx.set(dataKey, body);
    return;
  }
  tx.set(dataKey, encodeHeader(body));
  for (let n = 0; n * CHUNK_BYTES < body.length; n++) tx.set(chunkKey(dataKey, n), encodeChunk(body, n));
}
