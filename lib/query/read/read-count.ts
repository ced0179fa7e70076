/** Reads the number of a query's rows from the counter that its count plan names. */

import { readRangeAll } from "../../engine/index.js";
import { counterValue, type LayerContext, sourceKeys } from "../../layer/index.js";
import type { CountPlan } from "../plan/index.js";
import { absolute } from "./path-keys.js";

/** The sum of the plan's numbers: one point read for each, or one range read for those in a range. */
export async function readCount(
  ctx: LayerContext,
  { counter, spans, points }: CountPlan,
  snapshot: boolean,
): Promise<number> {
  const prefix = sourceKeys(ctx.tenant, counter.source).named("counter", counter.name);
  const counts = spans.map(async (span) => {
    const { begin, end } = absolute(prefix, span);
    if (points) return counterValue(await ctx.tx.get(begin, snapshot));
    const rows = await readRangeAll(ctx.tx, begin, end, { snapshot });
    return rows.reduce((sum, [, value]) => sum + counterValue(value), 0);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
