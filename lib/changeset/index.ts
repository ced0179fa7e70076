export type {
  ConstraintOptions,
  ForeignKeyConstraintOptions,
  UniqueConstraintOptions,
} from "./add-constraint.js";
export { cast, change, type Schemaless, type TypedData } from "./cast.js";
export { Changeset, type Result } from "./changeset.js";
export type { CastRelationOptions, RelationWrite, RelationWrites } from "./relation/index.js";
export type { EmbedInput, RelatedInput } from "./relation-input.js";
export { changedValues, hasPendingRules, preparesOf, recordsOf, writesOfRelations } from "./repo-access.js";
export {
  type Action,
  type AssocConstraint,
  type CastOptions,
  type CheckConstraint,
  type Constraint,
  ConstraintError,
  type ConstraintViolation,
  DEFAULT_EMPTY_VALUES,
  type EmptyValue,
  type ErrorTree,
  type FieldError,
  type ForeignKeyConstraint,
  fieldError,
  hasClassRules,
  InvalidChangesetError,
  isChangeset,
  type NoAssocConstraint,
  type OptimisticLock,
  type StandardSchema,
  type UniqueConstraint,
  type Validation,
} from "./state/index.js";
export type {
  AcceptanceOptions,
  ConfirmationOptions,
  LengthOptions,
  MessageOptions,
  NumberOptions,
  RequiredOptions,
  SchemaRuleOptions,
  Verdict,
} from "./validate/index.js";
