export { migrationFile, migrationSource, nextNumber } from "./migration-file.js";
export { className } from "./names.js";
export { schemaFile } from "./schema-file.js";
export { writeNewFile } from "./write-file.js";
