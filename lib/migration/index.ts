export { type AppliedMigration, readApplied } from "./applied.js";
export type { StepOptions } from "./budget.js";
export type { CheckReport, Problem, ProblemKind } from "./check-report.js";
export { type CheckOptions, checkTenant } from "./check-tenant.js";
export { type Claim, readClaim } from "./claim.js";
export {
  counter,
  create,
  type Definition,
  drop,
  type IndexOptions,
  index,
  type MigrationCommand,
  metadata,
  type SourceIndexOptions,
} from "./commands.js";
export {
  copyField,
  deleteField,
  type FieldOperationOptions,
  type FieldOperationResult,
  renameField,
} from "./field-operations.js";
export { loadMigrations, migrationFiles } from "./load-migrations.js";
export {
  type MigrateOptions,
  type MigrationHost,
  type MigrationProgress,
  migrateTenant,
} from "./migrate-tenant.js";
export { Migration, type MigrationClass, type MigrationList, planMigrations } from "./migration.js";
export { Migrator } from "./migrator.js";
export type { Where, WhereCondition } from "./where.js";
