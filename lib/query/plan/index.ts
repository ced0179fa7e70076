export { type CountPlan, planCount, readCount } from "./count-plan.js";
export { checkCursorTenant, distinctGroup, encodeCursor, planAfter } from "./cursor.js";
export { customRange } from "./custom-index.js";
export { type Explanation, explainPlan } from "./explain.js";
export { absolute, coveredRow, type Entry, pathPrefix, recordKey } from "./path-keys.js";
export type { Plan, Span } from "./plan.js";
export { planQuery } from "./planner.js";
