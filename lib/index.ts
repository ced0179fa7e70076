/** The public API of Plinth: everything an application imports from `plinth`. */

// ---- changesets
export {
  Changeset,
  ConstraintError,
  type ConstraintViolation,
  cast,
  change,
  type ErrorTree,
  type FieldError,
  InvalidChangesetError,
} from "./changeset/index.js";
// ---- errors
export { type Engine, EngineError, openEngine } from "./engine/index.js";
export * from "./errors.js";

// ---- custom indexers
export { type IndexedRow, type Indexer, type IndexerContext, registerIndexer } from "./layer/index.js";

// ---- migrations
export {
  type CheckOptions,
  type CheckReport,
  checkTenant,
  copyField,
  counter,
  create,
  deleteField,
  drop,
  type FieldOperationOptions,
  type FieldOperationResult,
  type IndexOptions,
  index,
  loadMigrations,
  Migration,
  type MigrationClass,
  type MigrationCommand,
  type MigrationList,
  type MigrationProgress,
  Migrator,
  metadata,
  type Problem,
  renameField,
} from "./migration/index.js";
// ---- queries
export {
  type Cursor,
  type Explanation,
  from,
  type OrderBy,
  type PlainRow,
  Query,
  type Where,
} from "./query/index.js";
// ---- the repo and its tenants
export {
  type BatchOptions,
  type Bulk,
  type InsertOptions,
  type Logger,
  Multi,
  type MultiResult,
  type OnConflict,
  type Page,
  type ReadOptions,
  Repo,
  type RepoConfig,
  type RepoOptions,
  type TransactionOptions,
  type Versioned,
  type WriteOptions,
  type WriteResult,
} from "./repo/index.js";
// ---- schemas
export {
  type Association,
  type AssocKey,
  type Attrs,
  BelongsTo,
  build,
  type CastResult,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  type EnumType,
  enumOf,
  Field,
  type FieldInfo,
  type FieldKey,
  type FieldOptions,
  type FieldType,
  getMeta,
  HasMany,
  HasOne,
  InsertedAt,
  type Preloaded,
  type PreloadPath,
  PrimaryKey,
  type PrimaryKeyOptions,
  type RecordMeta,
  Schema,
  type SchemaClass,
  type SchemaInfo,
  type StoredValue,
  schemaOf,
  UpdatedAt,
} from "./schema/index.js";

// ---- sync
export * from "./sync/index.js";
export { Tenant } from "./tenant/index.js";
export { type TupleItem, Versionstamp } from "./tuple/index.js";
