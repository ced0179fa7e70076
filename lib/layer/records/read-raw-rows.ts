/** Reads a key range as complete rows, a batch of one range read at a time, chunked rows put together. */

import { firstGreaterOrEqual, type KeyValue, keyAfter } from "../../engine/index.js";
import { RecordCorruptError } from "../../errors.js";
import { CHUNK_BYTES } from "../codec/index.js";
import { type LayerContext, verifyTenant } from "../context/index.js";
import type { Bytes, KeyRange } from "../keys/index.js";
import type { ReadRangeOptions } from "./read-options.js";
import { type RawRow, RowAssembler } from "./row-assembler.js";

export async function* readRawRows(
  ctx: LayerContext,
  range: KeyRange,
  options: ReadRangeOptions = {},
): AsyncGenerator<readonly RawRow[], void, undefined> {
  if (ctx.attempt.validated === undefined) await verifyTenant(ctx);
  const { attempt } = ctx;
  const left: Left = {
    ...range,
    passed: undefined,
    rows: options.limit ?? Number.POSITIVE_INFINITY,
    bytes: options.byteLimit ?? Number.POSITIVE_INFINITY,
  };
  for (;;) {
    const begun = attempt.beginRead();
    try {
      yield* readOn(ctx, left, options);
      return;
    } catch (error) {
      // A write of the same transaction has changed a long row between two batches of it: on from the last whole one.
      if (!(error instanceof RecordCorruptError) || attempt.clock === begun) throw error;
    } finally {
      attempt.endRead();
    }
  }
}

/** What is still to be read, kept up to date after each whole row. */
interface Left {
  begin: Bytes;
  end: Bytes;
  /** The last key of the last whole row: what is left lies behind it. */
  passed: Bytes | undefined;
  rows: number;
  bytes: number;
}

async function* readOn(
  { tx }: LayerContext,
  left: Left,
  options: ReadRangeOptions,
): AsyncGenerator<readonly RawRow[], void, undefined> {
  const reverse = options.reverse === true;
  const snapshot = options.snapshot === true;
  const assembler = new RowAssembler(reverse);
  let { begin, end, bytes } = left;
  if (left.passed !== undefined) {
    if (reverse) end = left.passed;
    else begin = keyAfter(left.passed);
  }
  while (left.rows > 0 && bytes > 0 && Buffer.compare(begin, end) < 0) {
    // A row has at least one key, and the one in progress the keys it still lacks: never more than the rows need.
    const limit =
      left.rows === Number.POSITIVE_INFINITY ? 0 : left.rows - assembler.openRows + assembler.missing;
    const most = Math.min(bytes, options.batchBytes ?? Number.POSITIVE_INFINITY);
    const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit,
      reverse,
      snapshot,
      targetBytes: Number.isFinite(most) ? most : 0,
    });
    const rows: RawRow[] = [];
    let torn: { readonly error: unknown } | undefined;
    for (const [key, value] of batch.rows) {
      bytes -= key.length + value.length;
      let row: RawRow | undefined;
      try {
        row = assembler.add(key, value);
      } catch (error) {
        torn = { error };
        break;
      }
      if (row === undefined) continue;
      rows.push(row);
      left.rows--;
      left.bytes = bytes;
      left.passed = key;
    }
    if (rows.length > 0) yield rows;
    if (torn !== undefined) throw torn.error;
    const last: KeyValue | undefined = batch.rows.at(-1);
    if (!batch.more || last === undefined) break;
    if (bytes <= 0) bytes = assembler.missing * CHUNK_BYTES;
    if (reverse) end = last[0];
    else begin = keyAfter(last[0]);
  }
  assembler.finish();
}
