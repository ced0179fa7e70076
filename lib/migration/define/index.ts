export { isOther } from "./check-commands.js";
export { checkMigrationList } from "./check-list.js";
export {
  counter,
  create,
  drop,
  type IndexCommand,
  type IndexOptions,
  index,
  type MigrationCommand,
  metadata,
  type SourceIndexOptions,
  sum,
} from "./commands.js";
export type { Definition } from "./definition.js";
export {
  type ExecuteCommand,
  type ExecuteOptions,
  executeCommand,
  type StepBody,
  type StepCursor,
} from "./execute.js";
export { loadMigrations, migrationFiles } from "./load-migrations.js";
export {
  Migration,
  type MigrationClass,
  type MigrationList,
  type PlannedMigration,
} from "./migration.js";
export { planMigrations } from "./plan-migrations.js";
export { type IndexStage, type Stage, stagesOf } from "./stages.js";
export type { Where, WhereCondition } from "./where.js";
