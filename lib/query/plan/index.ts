export { type AccessPath, PRIMARY } from "./access-path.js";
export { type CountPlan, type GroupedCount, planCount, planCountBy, planSum } from "./count-plan.js";
export { checkCursorTenant, encodeCursor, givenBefore } from "./cursor.js";
export { type Explanation, explainPlan } from "./explain.js";
export { type Plan, readsRows, type Span, tellsRows, type Union, type UnionPart } from "./plan.js";
export { distinctGroup, planAfter, positionAfter } from "./plan-after.js";
export { planQuery } from "./plan-query.js";
export { comparePlaces, comparePlan, planBehind, sequencePlace, unionAfter } from "./union-order.js";
export { wholeRows } from "./whole-rows.js";
