export { acquire } from "./acquire.js";
export { type AppliedMigration, readApplied } from "./applied.js";
export type { StepOptions } from "./budget.js";
export { type Claim, ClaimLost, readClaim } from "./claim.js";
export {
  type MigrateOptions,
  type MigrationHost,
  type MigrationProgress,
  migrateTenant,
} from "./migrate-tenant.js";
export { Migrator } from "./migrator.js";
export { Worker } from "./worker.js";
