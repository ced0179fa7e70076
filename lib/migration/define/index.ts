export {
  counter,
  create,
  drop,
  type IndexOptions,
  index,
  type MigrationCommand,
  metadata,
  type SourceIndexOptions,
} from "./commands.js";
export type { Definition } from "./definition.js";
export { loadMigrations, migrationFiles } from "./load-migrations.js";
export {
  Migration,
  type MigrationClass,
  type MigrationList,
  type PlannedMigration,
  planMigrations,
} from "./migration.js";
export { type Stage, stagesOf } from "./stages.js";
export type { Where, WhereCondition } from "./where.js";
