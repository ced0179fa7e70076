/** Reads the numbers that counters keep. */

import { firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import type { LayerContext } from "../context/index.js";
import { type Bytes, prefixRange, sourceKeys } from "../keys/index.js";
import type { IndexInfo } from "../metadata/index.js";

/** The number in a counter's key: a signed 64-bit integer, little endian. Absent is 0. */
export function counterValue(bytes: Bytes | undefined): number {
  if (bytes === undefined || bytes.length < 8) return 0;
  return Number(Buffer.from(bytes.buffer, bytes.byteOffset, 8).readBigInt64LE(0));
}

/**
 * The number of rows that a counter holds for some values of its fields: one point read for all fields, one range
 * read for the first few of them (the sum).
 */
export async function readCounter(
  ctx: Pick<LayerContext, "tx" | "tenant">,
  index: IndexInfo,
  values: readonly TupleItem[] = [],
  options: { readonly snapshot?: boolean } = {},
): Promise<number> {
  const prefix = sourceKeys(ctx.tenant, index.source).named("counter", index.name);
  const key = values.length === 0 ? prefix : pack(values, prefix);
  if (values.length === index.fields.length) {
    return counterValue(await ctx.tx.get(key, options.snapshot === true));
  }
  let sum = 0;
  for (const [, count] of await readCounters(ctx, index, values, options)) sum += count;
  return sum;
}

/** The counters with these leading values: the values of all fields, and the number. */
export async function readCounters(
  ctx: Pick<LayerContext, "tx" | "tenant">,
  index: IndexInfo,
  values: readonly TupleItem[] = [],
  options: { readonly snapshot?: boolean } = {},
): Promise<(readonly [values: readonly TupleItem[], count: number])[]> {
  const prefix = sourceKeys(ctx.tenant, index.source).named("counter", index.name);
  const range = prefixRange(pack(values, prefix));
  const counters: (readonly [readonly TupleItem[], number])[] = [];
  let begin = range.begin;
  for (;;) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end), {
      snapshot: options.snapshot === true,
    });
    for (const [key, value] of batch.rows) counters.push([unpack(key, prefix.length), counterValue(value)]);
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return counters;
    begin = keyAfter(last[0]);
  }
}
