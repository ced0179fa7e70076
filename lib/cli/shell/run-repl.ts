/** Runs a JavaScript prompt, at a terminal or over lines from a pipe. */

import { once } from "node:events";
import repl, { type REPLServer } from "node:repl";
import { PassThrough } from "node:stream";
import type { CliEnvironment } from "../app/index.js";
import { readLines } from "../transfer/index.js";

type Scope = Readonly<Record<string, unknown>>;

/** A prompt at a terminal, until it is left. */
export async function prompt(scope: Scope, { stdin, stdout }: CliEnvironment): Promise<void> {
  const server = repl.start({
    input: stdin,
    output: stdout,
    prompt: "plinth> ",
    terminal: true,
    ignoreUndefined: true,
  });
  define(server, scope);
  await once(server, "exit");
}

/**
 * Runs piped lines as if they were typed, each when the one before is done: the prompt of Node alone would go on
 * while a line awaits, and end with the input.
 *
 * @returns whether every line succeeded
 */
export async function runPiped(
  scope: Scope,
  { stdin, stdout }: CliEnvironment,
  signal: AbortSignal,
): Promise<boolean> {
  const input = new PassThrough();
  const server = repl.start({ input, output: stdout, prompt: "", terminal: false, ignoreUndefined: true });
  define(server, scope);
  const exit = once(server, "exit");
  const prompted = onPrompt(server);
  for await (const line of readLines("-", stdin, signal)) {
    const done = prompted();
    input.write(`${line}\n`);
    await Promise.race([done, exit]);
  }
  input.end();
  await exit;
  return (server as { readonly lastError?: unknown }).lastError === undefined;
}

function define(server: REPLServer, scope: Scope): void {
  for (const [name, value] of Object.entries(scope)) {
    Object.defineProperty(server.context, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}

/** Gives a function that resolves at the next prompt: after every line, whether it worked, threw or goes on. */
function onPrompt(server: REPLServer): () => Promise<void> {
  let wake: (() => void) | undefined;
  const display = server.displayPrompt;
  server.displayPrompt = function (this: REPLServer, ...args) {
    display.apply(this, args);
    wake?.();
  };
  return () =>
    new Promise((resolve) => {
      wake = resolve;
    });
}
