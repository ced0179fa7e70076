export {
  type CliEnvironment,
  type CliInput,
  type CliStream,
  ExitCode,
  type PlinthConfig,
} from "./command/index.js";
export { runCli } from "./run.js";
