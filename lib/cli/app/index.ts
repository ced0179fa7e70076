export { type App, openApp } from "./app.js";
export { concurrently, defaultConcurrency } from "./concurrently.js";
export type { CliEnvironment } from "./environment.js";
export { findSchema, requireSchema } from "./find-schema.js";
export { migrationsDirOf } from "./migrations-dir.js";
export { noteUnlisted } from "./note-unlisted.js";
export type { PlinthConfig } from "./plinth-config.js";
export { requireStore, urlFrom } from "./store-place.js";
export { allTenants, chosenTenants, openTenant } from "./tenants.js";
