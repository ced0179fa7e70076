export { combinations, or } from "./alternatives.js";
export { assoc } from "./assoc.js";
export {
  type Alternatives,
  type Condition,
  type ConditionOp,
  conditionFields,
  type Direction,
  emptyAst,
  namesOf,
  type OrderTerm,
  type PreloadFunction,
  type PreloadStep,
  type QueryAst,
  type RowFilter,
  type Selection,
  subjectOf,
} from "./ast.js";
export { capturedText } from "./captured.js";
export { encodingIn, encodingOf, encodingOfType, type FieldEncoding } from "./encoding.js";
export type { QueryPart } from "./exclude.js";
export { fieldOf, isItems, itemsOf, rootOf, valueAt } from "./field-of.js";
export { keyFields } from "./key-fields.js";
export { requireOrdered, reversed } from "./order-terms.js";
export { requireStoredField, withWhere } from "./parse-where.js";
export { mergeSteps, pathsOf, preloadSteps } from "./preload-steps.js";
export type { PreloadedBy, PreloadLevel, PreloadLoad, PreloadTree } from "./preload-types.js";
export { astOf, from, type LimitOptions, preloadWords, Query, queryOf } from "./query.js";
export type {
  ConditionValue,
  Cursor,
  Operators,
  OrderBy,
  Ordering,
  PlainRow,
  Renamed,
  Where,
} from "./query-types.js";
export type { Selects } from "./selects.js";
