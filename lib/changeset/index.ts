export { cast, change, type Schemaless, type TypedData } from "./cast.js";
export { Changeset, type EmbedInput, type RelatedInput, type Result } from "./changeset.js";
export type {
  ConstraintOptions,
  ForeignKeyConstraintOptions,
  UniqueConstraintOptions,
} from "./constraints/index.js";
export {
  ConstraintError,
  type ConstraintViolation,
  type ErrorTree,
  InvalidChangesetError,
} from "./errors/index.js";
export {
  type CastOptions,
  DEFAULT_EMPTY_VALUES as defaultEmptyValues,
  type EmptyValue,
} from "./input/index.js";
export type { CastRelationOptions, ChildrenChange, ParentChange, RelationWrites } from "./relation/index.js";
export {
  changedValues,
  deletesIfExists,
  hasPendingRules,
  insertOfRecord,
  isUndecided,
  type MissingField,
  missingField,
  missingIn,
  preparesOf,
  recordsOf,
  touchesOwner,
  withDeclaredFields,
  withRelationsOfData,
  writesOfRelations,
} from "./repo-access.js";
export {
  type Action,
  type AssocConstraint,
  type CheckConstraint,
  type Constraint,
  type FieldError,
  type ForeignKeyConstraint,
  fieldError,
  isChangeset,
  type NoAssocConstraint,
  type OptimisticLock,
  type UniqueConstraint,
  type Validation,
} from "./state/index.js";
export {
  type AcceptanceOptions,
  type ConfirmationOptions,
  hasClassRules,
  type LengthOptions,
  type MessageOptions,
  type NumberOptions,
  type RequiredOptions,
  type SchemaRuleOptions,
  type StandardSchema,
  type UniqueLookup,
  type UnsafeUniqueOptions,
  type Verdict,
} from "./validate/index.js";
