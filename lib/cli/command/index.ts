export { type App, openApp } from "./app.js";
export { checkArguments } from "./arguments.js";
export { type Command, type CommandContext, defineCommand, nameOf, yesFlag } from "./command.js";
export { concurrently } from "./concurrently.js";
export { migrationsDirOf, type PlinthConfig } from "./config.js";
export { confirm } from "./confirm.js";
export type { CliEnvironment, CliInput, CliStream } from "./environment.js";
export { ExitCode } from "./exit-code.js";
export { exitCodeOf, failureOf } from "./failure.js";
export { runFieldOperation, storedField } from "./field-operation.js";
export { findCommand } from "./find-command.js";
export { findSchema, requireSchema } from "./find-schema.js";
export { type GlobalValues, globalFlags, parseFlags } from "./flags.js";
export { commandHelp, groupHelp, overview } from "./help.js";
export { parseConditions, parseOrder } from "./parse-where.js";
export {
  allTenants,
  chosenTenants,
  concurrencyFlag,
  defaultConcurrency,
  openTenant,
  tenantFlag,
} from "./tenants.js";
export { noteUnlisted } from "./unlisted.js";
export { version } from "./version.js";
