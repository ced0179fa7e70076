/** What the command prints about an error, and the exit code that it ends with. */

import { EngineError } from "../../engine/index.js";
import { ConfigError, NotConfirmedError, PlinthError, UsageError } from "../../errors.js";
import type { Failure } from "../output/index.js";
import { ExitCode } from "./exit-code.js";

export function failureOf(error: unknown): Failure {
  if (error instanceof PlinthError) return { code: error.code, message: error.message };
  if (error instanceof EngineError) return { code: String(error.fdbCode), message: error.message };
  if (error instanceof Error) {
    const code = (error as { code?: unknown }).code;
    return {
      code: typeof code === "string" ? code : "unexpected",
      message: typeof code === "string" ? error.message : (error.stack ?? error.message),
    };
  }
  return { code: "unexpected", message: String(error) };
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return ExitCode.usage;
  if (error instanceof ConfigError) return ExitCode.config;
  if (error instanceof NotConfirmedError) return ExitCode.notConfirmed;
  return ExitCode.failed;
}
