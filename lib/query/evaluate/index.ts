export { canonicalHash, canonicalText, cursorHash } from "./canonical-hash.js";
export { compareBy, compareRows } from "./compare-rows.js";
export { type Constraint, impliesConstraint, isEmptyConstraint } from "./constraint.js";
export { foldConditions, groupByField } from "./fold-conditions.js";
export { compileConditions, compileQuery, matches } from "./matches.js";
export type { Piece, Point } from "./pieces.js";
export { project } from "./project.js";
export { show } from "./show.js";
export { totalOrder } from "./total-order.js";
