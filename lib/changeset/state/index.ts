export { appliedValues, applyState, changedValues } from "./apply-state.js";
export type {
  AssocConstraint,
  CheckConstraint,
  Constraint,
  ForeignKeyConstraint,
  NoAssocConstraint,
  OptimisticLock,
  UniqueConstraint,
} from "./constraint.js";
export { type FieldError, fieldError, type Meta } from "./field-error.js";
export { type ChangesetField, fieldsOfRecord, fieldsOfSchema, fieldsOfTypes } from "./field-set.js";
export { hasValue } from "./has-value.js";
export { loadedRelation } from "./loaded-relation.js";
export { mergeStates } from "./merge-states.js";
export { deleteChange, forceChange, putChange, updateChange } from "./put-change.js";
export {
  type Action,
  type ChangesetState,
  currentValue,
  dataValue,
  emptyState,
  isChangeset,
  isLeaving,
  type NestedChangeset,
  nestedIn,
  nestedInAll,
  type PendingValidation,
  type PrepareFunction,
  StateHolder,
  stateOf,
  type Validation,
  type Wrap,
  withConstraint,
  withErrors,
} from "./state.js";
