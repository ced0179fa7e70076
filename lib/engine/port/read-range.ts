/** Reads a range to its end, over the batches in which the port gives it. */

import { StreamingMode } from "./codes.js";
import type { KeySelector, KeyValue, RangeBatch, Transaction } from "./engine.js";
import { firstGreaterOrEqual, firstGreaterThan } from "./key-selector.js";

/** Options of `readRange`. */
export interface RangeStreamOptions {
  /** Rows at most; 0, the default, is unlimited. */
  readonly limit?: number;
  /** From the end of the range. Default false. */
  readonly reverse?: boolean;
  /** Snapshot reads add no read conflict range. Default false. */
  readonly snapshot?: boolean;
  /** Default `StreamingMode.iterator`: small batches first. */
  readonly mode?: StreamingMode;
}

/** Options of `readRangeAll`. */
export type RangeAllOptions = Omit<RangeStreamOptions, "mode">;

type Bound = Uint8Array | KeySelector;

const selector = (bound: Bound): KeySelector =>
  bound instanceof Uint8Array || ArrayBuffer.isView(bound) ? firstGreaterOrEqual(bound as Uint8Array) : bound;

async function* batches(
  tx: Transaction,
  begin: Bound,
  end: Bound,
  options: RangeStreamOptions,
): AsyncGenerator<readonly KeyValue[]> {
  const { reverse = false, snapshot = false, mode = StreamingMode.iterator } = options;
  let from = selector(begin);
  let to = selector(end);
  let left = options.limit ?? 0;
  for (let iteration = 1; ; iteration++) {
    const batch: RangeBatch = await tx.getRange(from, to, {
      limit: left,
      reverse,
      snapshot,
      mode,
      iteration,
    });
    if (batch.rows.length > 0) yield batch.rows;
    if (!batch.more) return;
    if (left > 0) {
      left -= batch.rows.length;
      if (left <= 0) return;
    }
    const last = batch.rows[batch.rows.length - 1];
    if (last === undefined) continue;
    if (reverse) to = firstGreaterOrEqual(last[0]);
    else from = firstGreaterThan(last[0]);
  }
}

/**
 * The rows of a range, batch after batch; stopping early reads (and conflicts on) no further batch.
 *
 * @example
 * await transact(engine, async (tx) => {
 *   for await (const [key, value] of readRange(tx, tenant.range().begin, tenant.range().end, { limit: 100 })) console.log(key, value);
 * });
 */
export async function* readRange(
  tx: Transaction,
  begin: Bound,
  end: Bound,
  options: RangeStreamOptions = {},
): AsyncGenerator<KeyValue> {
  for await (const rows of batches(tx, begin, end, options)) yield* rows;
}

/**
 * All rows of a range at once. With a limit, exactly one request when the rows fit one reply.
 *
 * @example
 * const { begin, end } = tenant.range(["visits"]);
 * const rows = await transact(engine, (tx) => readRangeAll(tx, begin, end, { limit: 10, reverse: true }));
 */
export async function readRangeAll(
  tx: Transaction,
  begin: Bound,
  end: Bound,
  options: RangeAllOptions = {},
): Promise<KeyValue[]> {
  const all: KeyValue[] = [];
  const mode = (options.limit ?? 0) > 0 ? StreamingMode.exact : StreamingMode.wantAll;
  for await (const rows of batches(tx, begin, end, { ...options, mode }))
    for (const row of rows) all.push(row);
  return all;
}
