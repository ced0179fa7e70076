export { checkArguments } from "./arguments.js";
export { type Command, type CommandContext, defineCommand, nameOf } from "./command.js";
export { concurrencyFlag, tenantFlag, yesFlag } from "./common-flags.js";
export { ExitCode } from "./exit-code.js";
export { exitCodeOf, failureOf } from "./failure.js";
export { findCommand } from "./find-command.js";
export { type GlobalValues, globalFlags, parseFlags } from "./flags.js";
export { commandHelp, groupHelp, overview } from "./help.js";
export { version } from "./version.js";
