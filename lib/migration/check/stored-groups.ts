/** Reads records as their keys lie in the store, whole or damaged. */

import { firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import { RecordCorruptError } from "../../errors.js";
import {
  type Bytes,
  continuesTuple,
  decodeHeader,
  isChunk,
  isChunked,
  joinChunks,
  type LayerContext,
  type Maintenance,
  pkOfDataKey,
  type RowView,
  viewOf,
} from "../../layer/index.js";

/** A record as its keys lie in the store. */
export interface Group {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly chunks: Bytes[];
}

/** The next records with what lies after them, whether that makes sense or not. */
export async function readGroups(
  ctx: LayerContext,
  maintenance: Maintenance,
  begin: Bytes,
  stepBytes: number,
) {
  const { end } = maintenance.keys.dataRange;
  const groups: Group[] = [];
  const orphans: Bytes[] = [];
  let from = begin;
  let bytes = 0;
  for (;;) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), {
      snapshot: true,
      targetBytes: stepBytes,
    });
    for (const [key, value] of batch.rows) {
      bytes += key.length + value.length;
      const last = groups.at(-1);
      if (!isChunk(value)) {
        if (bytes >= stepBytes && last !== undefined) return { groups, orphans, next: key };
        groups.push({ key, value, chunks: [] });
      } else if (last !== undefined && isChunked(last.value) && continuesTuple(key, last.key))
        last.chunks.push(value);
      else orphans.push(key);
    }
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return { groups, orphans, next: undefined };
    from = keyAfter(last[0]);
  }
}

/** Throws `RecordCorruptError` for a damaged record. */
export function rowOfGroup(ctx: LayerContext, { layout }: Maintenance, group: Group): RowView {
  const body = isChunked(group.value) ? joinChunks(decodeHeader(group.value), group.chunks) : group.value;
  return viewOf(layout, body, pkOfDataKey(ctx, layout, group.key));
}

export function isCorrupt(error: unknown): error is RecordCorruptError {
  return error instanceof RecordCorruptError;
}
