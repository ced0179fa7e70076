export { combinations, or } from "./alternatives.js";
export {
  type Alternatives,
  type Condition,
  type ConditionOp,
  conditionFields,
  type Direction,
  emptyAst,
  type OrderTerm,
  type QueryAst,
  type RowFilter,
  type Selection,
  subjectOf,
} from "./ast.js";
export { capturedText } from "./captured.js";
export { encodingIn, encodingOf, encodingOfType, type FieldEncoding } from "./encoding.js";
export { keyFields } from "./key-fields.js";
export { requireStoredField, withWhere } from "./parse-where.js";
export { astOf, from, Query, queryOf, requireOrdered, type Selects } from "./query.js";
export type { ConditionValue, Cursor, Operators, OrderBy, PlainRow, Where } from "./query-types.js";
