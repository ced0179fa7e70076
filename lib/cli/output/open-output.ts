/** Chooses between JSON lines, a terminal and plain lines. */

import { JsonOutput } from "./json-output.js";
import type { Output } from "./output.js";
import { PlainOutput } from "./plain-output.js";
import type { OutputEnvironment } from "./streams.js";
import { TerminalOutput } from "./terminal-output.js";

/** JSON when asked for, else a terminal's when there is one, else plain lines. */
export function openOutput(environment: OutputEnvironment, json: boolean): Output {
  if (json) return new JsonOutput(environment);
  const { stdout, stderr, env } = environment;
  // A dumb terminal cannot go back to draw over a bar.
  return stderr.isTTY === true && stdout.isTTY === true && env.TERM !== "dumb"
    ? new TerminalOutput(environment)
    : new PlainOutput(environment);
}
