export { appliedValues, applyState, changedValues } from "./apply.js";
export {
  type CastOptions,
  castParams,
  DEFAULT_EMPTY_VALUES,
  type EmptyValue,
  isBlank,
} from "./cast-params.js";
export { type ClassFailure, classValidator, hasClassRules, timingOf } from "./class-rules.js";
export type {
  AssocConstraint,
  CheckConstraint,
  Constraint,
  ForeignKeyConstraint,
  NoAssocConstraint,
  OptimisticLock,
  UniqueConstraint,
} from "./constraint.js";
export { ConstraintError, type ConstraintViolation } from "./constraint-error.js";
export { type FieldError, fieldError, type Meta } from "./field-error.js";
export { fieldsOfRecord, fieldsOfSchema, fieldsOfTypes } from "./field-set.js";
export { InvalidChangesetError } from "./invalid-changeset-error.js";
export { mergeStates } from "./merge.js";
export { findParam, mergedParams, readParam } from "./params.js";
export { deleteChange, forceChange, putChange, updateChange } from "./put-change.js";
export { isStandardSchema, pathOf, type StandardResult, type StandardSchema } from "./standard-schema.js";
export {
  type Action,
  type ChangesetState,
  currentValue,
  dataValue,
  emptyState,
  isChangeset,
  isLeaving,
  keepState,
  type NestedChangeset,
  nestedIn,
  type PendingValidation,
  type PrepareFunction,
  stateOf,
  type Validation,
  type Wrap,
  withErrors,
} from "./state.js";
export { type ErrorTree, traverseErrors } from "./traverse.js";
