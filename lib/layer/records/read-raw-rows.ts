/** Reads a key range as complete rows, a batch of one range read at a time, chunked rows put together. */

import { firstGreaterOrEqual, type KeyValue, keyAfter } from "../../engine/index.js";
import { CHUNK_BYTES } from "../codec/index.js";
import { type LayerContext, verifyTenant } from "../context/index.js";
import type { KeyRange } from "../keys/index.js";
import type { ReadRangeOptions } from "./read-options.js";
import { type RawRow, RowAssembler } from "./row-assembler.js";

export async function* readRawRows(
  ctx: LayerContext,
  range: KeyRange,
  options: ReadRangeOptions = {},
): AsyncGenerator<readonly RawRow[], void, undefined> {
  if (ctx.attempt.validated === undefined) await verifyTenant(ctx);
  const { tx } = ctx;
  const reverse = options.reverse === true;
  const snapshot = options.snapshot === true;
  const assembler = new RowAssembler(reverse);
  let { begin, end } = range;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let bytes = options.byteLimit ?? Number.POSITIVE_INFINITY;
  while (left > 0 && bytes > 0 && Buffer.compare(begin, end) < 0) {
    // A row has at least one key, and the one in progress the keys it still lacks: never more than the rows need.
    const limit = left === Number.POSITIVE_INFINITY ? 0 : left - assembler.openRows + assembler.missing;
    const most = Math.min(bytes, options.batchBytes ?? Number.POSITIVE_INFINITY);
    const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit,
      reverse,
      snapshot,
      targetBytes: Number.isFinite(most) ? most : 0,
    });
    const rows: RawRow[] = [];
    for (const pair of batch.rows) {
      bytes -= pair[0].length + pair[1].length;
      const row = assembler.add(pair[0], pair[1]);
      if (row !== undefined) rows.push(row);
    }
    left -= rows.length;
    if (rows.length > 0) yield rows;
    const last: KeyValue | undefined = batch.rows.at(-1);
    if (!batch.more || last === undefined) break;
    if (bytes <= 0) bytes = assembler.missing * CHUNK_BYTES;
    if (reverse) end = last[0];
    else begin = keyAfter(last[0]);
  }
  assembler.finish();
}
