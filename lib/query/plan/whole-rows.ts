/** Makes a plan read whole records where its index entries alone would do. */

import { type Plan, tellsRows } from "./plan.js";

/** The plan with every row whole: read by its key, unless its entry holds it; in the same order. */
export function wholeRows(plan: Plan): Plan {
  if (plan.union === undefined) return { ...plan, fetch: plan.kind === "index" && !tellsRows(plan) };
  const parts = plan.union.parts.map((part) => ({ ...part, plan: wholeRows(part.plan) }));
  const fetch = parts.some(({ plan: { fetch } }) => fetch);
  return { ...plan, fetch, union: { ...plan.union, parts } };
}
