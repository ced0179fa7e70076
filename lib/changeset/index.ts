export type {
  ConstraintOptions,
  ForeignKeyConstraintOptions,
  UniqueConstraintOptions,
} from "./add-constraint.js";
export { cast, change, type Schemaless, type TypedData } from "./cast.js";
export { type CastOptions, DEFAULT_EMPTY_VALUES, type EmptyValue } from "./cast-params.js";
export type { CastRelationOptions } from "./cast-relation.js";
export { Changeset, type Result } from "./changeset.js";
export { hasClassRules } from "./class-rules.js";
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
export { type FieldError, fieldError } from "./field-error.js";
export { InvalidChangesetError } from "./invalid-changeset-error.js";
export type { EmbedInput, RelatedInput } from "./relation-input.js";
export {
  changedValues,
  hasPendingRules,
  preparesOf,
  type RelationWrite,
  type RelationWrites,
  recordsOf,
  writesOfRelations,
} from "./repo-access.js";
export type { StandardSchema } from "./standard-schema.js";
export { type Action, isChangeset, type Validation } from "./state.js";
export type { ErrorTree } from "./traverse.js";
export type { AcceptanceOptions, ConfirmationOptions } from "./validate/from-params.js";
export type { LengthOptions } from "./validate/length.js";
export type { MessageOptions } from "./validate/membership.js";
export type { NumberOptions } from "./validate/number.js";
export type { RequiredOptions } from "./validate/required.js";
export type { Verdict } from "./validate/validate-change.js";
export type { SchemaRuleOptions } from "./validate/validate-schema.js";
