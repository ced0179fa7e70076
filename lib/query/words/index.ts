export { combinations, or } from "./alternatives.js";
export { assoc } from "./assoc.js";
export {
  type Alternatives,
  type Condition,
  type ConditionOp,
  conditionFields,
  type Direction,
  emptyAst,
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
export { keyFields } from "./key-fields.js";
export { requireStoredField, withWhere } from "./parse-where.js";
export { mergeSteps, pathsOf, preloadSteps } from "./preload-steps.js";
export type { PreloadedBy, PreloadLevel, PreloadLoad, PreloadTree } from "./preload-types.js";
export { astOf, from, preloadWords, Query, queryOf, requireOrdered } from "./query.js";
export type { ConditionValue, Cursor, Operators, OrderBy, PlainRow, Where } from "./query-types.js";
export type { Selects } from "./selects.js";
