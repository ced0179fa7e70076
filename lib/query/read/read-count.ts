/** Reads the numbers of a query's rows from the counter or sum that its plan names. */

import { type KeyValue, readRangeAll } from "../../engine/index.js";
import { type LayerContext, sourceKeys, type Total, tallyValue, totalOf } from "../../layer/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import type { CountPlan, GroupedCount } from "../plan/index.js";
import { absolute } from "./path-keys.js";

/** The plan's keys and numbers: one point read for each, or one range read for those in a range. */
async function pairsOf(
  ctx: LayerContext,
  { counter, spans, points }: CountPlan,
  snapshot: boolean,
): Promise<{ readonly prefix: Uint8Array; readonly pairs: readonly KeyValue[] }> {
  const prefix = sourceKeys(ctx.tenant, counter.source).named("counter", counter.name);
  const lists = spans.map(async (span): Promise<readonly KeyValue[]> => {
    const { begin, end } = absolute(prefix, span);
    if (!points) return readRangeAll(ctx.tx, begin, end, { snapshot });
    const value = await ctx.tx.get(begin, snapshot);
    return value === undefined ? [] : [[begin, value]];
  });
  return { prefix, pairs: (await Promise.all(lists)).flat() };
}

/** The sum of the plan's numbers. */
async function readTally(ctx: LayerContext, plan: CountPlan, snapshot: boolean): Promise<bigint> {
  const { pairs } = await pairsOf(ctx, plan, snapshot);
  return pairs.reduce((all, [, value]) => all + tallyValue(plan.counter.kind, value), 0n);
}

/** The number of rows. */
export const readCount = async (ctx: LayerContext, plan: CountPlan, snapshot: boolean): Promise<number> =>
  Number(await readTally(ctx, plan, snapshot));

/** What the values add up to, and how many there are. */
export const readTotal = async (ctx: LayerContext, plan: CountPlan, snapshot: boolean): Promise<Total> =>
  totalOf(await readTally(ctx, plan, snapshot));

/** The number of rows for each value of the plan's field, as its items in the key. */
export async function readGroups(
  ctx: LayerContext,
  plan: GroupedCount,
  snapshot: boolean,
): Promise<readonly (readonly [item: TupleItem, count: number])[]> {
  const { prefix, pairs } = await pairsOf(ctx, plan, snapshot);
  return pairs.map(([key, value]) => [
    unpack(key, prefix.length)[plan.place] as TupleItem,
    Number(tallyValue(plan.counter.kind, value)),
  ]);
}
