export type { PlinthConfig } from "./config.js";
export type { CliEnvironment, CliInput, CliStream } from "./environment.js";
export { ExitCode } from "./exit-code.js";
export { runCli } from "./run.js";
