/** Counters that are off: finds them, reports them and adds what is missing. */

import { firstGreaterOrEqual, keyAfter, MutationType } from "../../engine/index.js";
import {
  type Bytes,
  counterValue,
  type LayerContext,
  type MaintainedIndex,
  prefixRange,
} from "../../layer/index.js";
import { unpack } from "../../tuple/index.js";
import type { Problem } from "./check-report.js";

/** A counter that is off, and by how much. */
export interface Difference {
  readonly index: MaintainedIndex;
  readonly key: Bytes;
  readonly counted: number;
  readonly stored: number;
}

export async function readValues(
  ctx: LayerContext,
  prefix: Bytes,
): Promise<Map<string, { readonly key: Bytes; count: number }>> {
  const values = new Map<string, { readonly key: Bytes; count: number }>();
  const { begin, end } = prefixRange(prefix);
  let from = begin;
  for (;;) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), {
      snapshot: true,
    });
    for (const [key, value] of batch.rows) {
      values.set(Buffer.from(key).toString("latin1"), { key, count: counterValue(value) });
    }
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return values;
    from = keyAfter(last[0]);
  }
}

/** Both maps by key; a key that is missing counts nothing. */
export function differencesOf(
  index: MaintainedIndex,
  counted: ReadonlyMap<string, { readonly key: Bytes; readonly count: number }>,
  stored: ReadonlyMap<string, { readonly key: Bytes; readonly count: number }>,
): Difference[] {
  const differences: Difference[] = [];
  for (const text of new Set([...counted.keys(), ...stored.keys()])) {
    const is = counted.get(text);
    const says = stored.get(text);
    const key = is?.key ?? says?.key;
    if (key === undefined || (is?.count ?? 0) === (says?.count ?? 0)) continue;
    differences.push({ index, key, counted: is?.count ?? 0, stored: says?.count ?? 0 });
  }
  return differences;
}

/** Adds what is missing: right whatever writers have added meanwhile. To be committed once only. */
export function repairCounter(ctx: LayerContext, { key, counted, stored }: Difference): void {
  const operand = Buffer.alloc(8);
  operand.writeBigInt64LE(BigInt(counted - stored));
  ctx.tx.atomic(MutationType.add, key, operand);
  ctx.tx.atomic(MutationType.compareAndClear, key, Buffer.alloc(8));
}

export function problemOf({ index, key, counted, stored }: Difference, repaired: boolean): Problem {
  const values = unpack(key, index.prefix.length).map(String).join(", ");
  const of = values === "" ? "" : ` for ${values}`;
  return {
    kind: "wrong-count",
    source: index.info.source,
    index: index.info.name,
    record: [],
    detail: `the counter${of} says ${stored}, there are ${counted}`,
    repaired,
  };
}
