#!/usr/bin/env node
/** The executable `plinth`: runs the command line of the process. */

import { ExitCode } from "./command/index.js";
import { runCli } from "./run.js";

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The first one stops at the next safe point; the second one is the shell's own way out.
  process.once(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
}

// A reader that has seen enough (`plinth export acme | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(ExitCode.ok);
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});
