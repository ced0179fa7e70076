export { acquire } from "./acquire.js";
export type { MigrateOptions, MigrationProgress } from "./migrate-options.js";
export { migrateTenant } from "./migrate-tenant.js";
export type { MigrationHost } from "./migration-host.js";
export { Migrator } from "./migrator.js";
export { Worker } from "./worker.js";
