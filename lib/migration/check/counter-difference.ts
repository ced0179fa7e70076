/** Counters that are off: finds them, reports them and adds what is missing. */

import { firstGreaterOrEqual, keyAfter, MutationType } from "../../engine/index.js";
import {
  type Bytes,
  type LayerContext,
  type MaintainedIndex,
  prefixRange,
  tallyBytes,
  tallyValue,
  totalOf,
} from "../../layer/index.js";
import { unpack } from "../../tuple/index.js";
import type { Problem } from "./check-report.js";

/** A counter that is off, and by how much. */
export interface Difference {
  readonly index: MaintainedIndex;
  readonly key: Bytes;
  readonly counted: bigint;
  readonly stored: bigint;
}

export async function readValues(
  ctx: LayerContext,
  { prefix, info }: MaintainedIndex,
): Promise<Map<string, { readonly key: Bytes; count: bigint }>> {
  const values = new Map<string, { readonly key: Bytes; count: bigint }>();
  const { begin, end } = prefixRange(prefix);
  let from = begin;
  for (;;) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), {
      snapshot: true,
    });
    for (const [key, value] of batch.rows) {
      values.set(Buffer.from(key).toString("latin1"), { key, count: tallyValue(info.kind, value) });
    }
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return values;
    from = keyAfter(last[0]);
  }
}

/** Both maps by key; a key that is missing counts nothing. */
export function differencesOf(
  index: MaintainedIndex,
  counted: ReadonlyMap<string, { readonly key: Bytes; readonly count: bigint }>,
  stored: ReadonlyMap<string, { readonly key: Bytes; readonly count: bigint }>,
): Difference[] {
  const differences: Difference[] = [];
  for (const text of new Set([...counted.keys(), ...stored.keys()])) {
    const is = counted.get(text);
    const says = stored.get(text);
    const key = is?.key ?? says?.key;
    if (key === undefined || (is?.count ?? 0n) === (says?.count ?? 0n)) continue;
    differences.push({ index, key, counted: is?.count ?? 0n, stored: says?.count ?? 0n });
  }
  return differences;
}

/** Adds what is missing: right whatever writers have added meanwhile. To be committed once only. */
export function repairCounter(ctx: LayerContext, { index, key, counted, stored }: Difference): void {
  const { kind } = index.info;
  ctx.tx.atomic(MutationType.add, key, tallyBytes(kind, counted - stored));
  ctx.tx.atomic(MutationType.compareAndClear, key, tallyBytes(kind, 0n));
}

function shown(value: bigint): string {
  const { count, sum } = totalOf(value);
  return `${sum} of ${count} values`;
}

export function problemOf({ index, key, counted, stored }: Difference, repaired: boolean): Problem {
  const values = unpack(key, index.prefix.length).map(String).join(", ");
  const of = values === "" ? "" : ` for ${values}`;
  return {
    kind: "wrong-count",
    source: index.info.source,
    index: index.info.name,
    record: [],
    detail:
      index.info.kind === "sum"
        ? `the sum${of} says ${shown(stored)}, there are ${shown(counted)}`
        : `the counter${of} says ${stored}, there are ${counted}`,
    repaired,
  };
}
