/** Makes a plan read whole records where its index entries alone would do. */

import type { Plan } from "./plan.js";

/** The plan with every row read by its key; in the same order. */
export function wholeRows(plan: Plan): Plan {
  if (plan.union === undefined) return { ...plan, fetch: plan.kind === "index" };
  const parts = plan.union.parts.map((part) => ({ ...part, plan: wholeRows(part.plan) }));
  return { ...plan, fetch: true, union: { ...plan.union, parts } };
}
