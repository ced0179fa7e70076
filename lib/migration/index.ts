export type { StepOptions } from "./build/index.js";
export {
  type CheckOptions,
  type CheckReport,
  checkTenant,
  type Problem,
  type ProblemKind,
} from "./check/index.js";
export {
  counter,
  create,
  type Definition,
  drop,
  type IndexOptions,
  index,
  loadMigrations,
  Migration,
  type MigrationClass,
  type MigrationCommand,
  type MigrationList,
  metadata,
  migrationFiles,
  planMigrations,
  type SourceIndexOptions,
  type Where,
  type WhereCondition,
} from "./define/index.js";
export {
  copyField,
  deleteField,
  type FieldOperationOptions,
  type FieldOperationResult,
  renameField,
} from "./fields/index.js";
export {
  type MigrateOptions,
  type MigrationHost,
  type MigrationProgress,
  Migrator,
  migrateTenant,
} from "./run/index.js";
export { type AppliedMigration, type Claim, readApplied, readClaim } from "./store/index.js";
