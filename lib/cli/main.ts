#!/usr/bin/env node
/** The executable `plinth`: runs the command line of the process, and ends it when that is done. */

import { ExitCode } from "./command/index.js";
import { runCli } from "./run.js";

const controller = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // The first one stops at the next safe point; the second one is the shell's own way out.
  process.once(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
}

// Nothing is left that could go on: something that the configuration or a migration awaits never comes.
process.once("beforeExit", () => {
  const message = "Ended without a result: something that is awaited never settles.";
  const json = `${JSON.stringify({ error: { code: "never_settled", message } })}\n`;
  process.stderr.write(process.argv.includes("--json") ? json : `plinth: ${message} [never_settled]\n`);
  process.exit(ExitCode.failed);
});

const code = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});

// The work is done and its output written: timers, sockets and workers of the application do not keep the process.
process.exit(code);
