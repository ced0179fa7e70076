export { acquire } from "./acquire.js";
export { baselineTenant } from "./baseline.js";
export { type JobOptions, type JobProgress, runJob } from "./job.js";
export type { MigrateOptions, MigrationProgress } from "./migrate-options.js";
export { migrateTenant } from "./migrate-tenant.js";
export type { HostBody, MigrationHost } from "./migration-host.js";
export { Migrator } from "./migrator.js";
export { planTenant } from "./plan-tenant.js";
export { Worker } from "./worker.js";
