export type { CliEnvironment, PlinthConfig } from "./app/index.js";
export { ExitCode } from "./command/index.js";
export { type CopiedTenant, type CopyOptions, type CopyProgress, copyStore } from "./copy/index.js";
export type { CliInput, CliStream } from "./output/index.js";
export { runCli } from "./run.js";
