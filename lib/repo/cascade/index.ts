export { checkMigrations } from "./check-migrations.js";
export { deleteWithDependents, removeDependents } from "./delete-with-dependents.js";
export { dependentsOf } from "./dependents.js";
export { type Gone, rowText } from "./row-text.js";
