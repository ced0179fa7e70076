export { canonicalHash, cursorHash } from "./canonical-hash.js";
export { compareBy, compareRows } from "./compare-rows.js";
export { type Constraint, impliesConstraint, isEmptyConstraint, type Point } from "./constraint.js";
export { foldConditions, groupByField } from "./fold-conditions.js";
export { compileConditions, matches } from "./matches.js";
export { project } from "./project.js";
export { show } from "./show.js";
export { totalOrder } from "./total-order.js";
