export { genMigration } from "./gen-migration.js";
export { genSchema } from "./gen-schema.js";
