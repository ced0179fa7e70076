export { Changeset, ConstraintError, cast, change, InvalidChangesetError } from "./changeset/index.js";
export * from "./errors.js";
export { counter, create, drop, index, Migration, Migrator, metadata } from "./migration/index.js";
export { from, Query } from "./query/index.js";
export { Multi, Repo } from "./repo/index.js";
export {
  BelongsTo,
  build,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  enumOf,
  Field,
  HasMany,
  HasOne,
  InsertedAt,
  PrimaryKey,
  Schema,
  schemaOf,
  UpdatedAt,
} from "./schema/index.js";
export * from "./sync/index.js";
export { Tenant } from "./tenant/index.js";
