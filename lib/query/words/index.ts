export { type AccessPath, indexPath, keyFields, PRIMARY, primaryPath } from "./access-path.js";
export {
  type Condition,
  type ConditionOp,
  type Direction,
  emptyAst,
  type OrderTerm,
  type QueryAst,
  type Selection,
  subjectOf,
} from "./ast.js";
export { canonicalHash, cursorHash } from "./canonical-hash.js";
export { compareBy, compareRows, totalOrder } from "./compare-rows.js";
export {
  type Constraint,
  foldConditions,
  groupByField,
  impliesConstraint,
  isEmptyConstraint,
  type Point,
  show,
} from "./constraint.js";
export { encodingOf, encodingOfType, type FieldEncoding } from "./encoding.js";
export { compileConditions, encodingIn, matches } from "./matches.js";
export { parseWhere, requireStoredField } from "./parse-where.js";
export { project } from "./project.js";
export { astOf, from, Query, queryOf, requireOrdered, type Selects } from "./query.js";
export type { ConditionValue, Cursor, Operators, OrderBy, PlainRow, Where } from "./types.js";
