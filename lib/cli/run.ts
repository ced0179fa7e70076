/** Runs one command line: finds its verb, parses its flags, and turns errors into exit codes. */

import type { CliEnvironment } from "./app/index.js";
import { type App, openApp } from "./app/index.js";
import {
  type Command,
  type CommandContext,
  checkArguments,
  commandHelp,
  ExitCode,
  exitCodeOf,
  failureOf,
  findCommand,
  type GlobalValues,
  globalFlags,
  groupHelp,
  nameOf,
  overview,
  parseFlags,
  version,
} from "./command/index.js";
import { type Output, openOutput } from "./output/index.js";
import { commands } from "./registry.js";

/**
 * Runs one command line and returns its exit code; it neither throws nor exits.
 *
 * @param argv what follows `plinth`
 * @example
 * const code = await runCli(["status", "--json"], { ...process, cwd: process.cwd() });
 */
export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<ExitCode> {
  const out = openOutput(environment, argv.includes("--json"));
  try {
    return await dispatch(argv, environment, out);
  } catch (error) {
    if (environment.signal?.aborted === true || isAbort(error)) {
      out.note("Interrupted; what was committed stays.");
      return ExitCode.interrupted;
    }
    out.error(failureOf(error));
    return exitCodeOf(error);
  }
}

/** Ctrl-C at a question reaches the prompt, not the process. */
const isAbort = (error: unknown): boolean => (error as { name?: unknown } | null)?.name === "AbortError";

async function dispatch(
  argv: readonly string[],
  environment: CliEnvironment,
  out: Output,
): Promise<ExitCode> {
  const found = findCommand(argv[0] === "help" ? [...argv.slice(1), "--help"] : argv, commands);
  if ("command" in found) return runCommand(found.command, found.rest, environment, out);
  const { group, words, rest } = found;
  if (words.length === 0 && rest.includes("--version")) {
    print(environment, version());
    return ExitCode.ok;
  }
  const { values } = parseFlags(rest, globalFlags, words.join(" ") || "VERB");
  const text = words.length === 0 ? overview(commands) : groupHelp(words, group);
  if (values.help === true) {
    print(environment, text);
    return ExitCode.ok;
  }
  environment.stderr.write(`${text}\n`);
  return ExitCode.usage;
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  environment: CliEnvironment,
  out: Output,
): Promise<ExitCode> {
  const { values, positionals } = parseFlags(argv, { ...command.flags, ...globalFlags }, nameOf(command));
  const globals = values as unknown as GlobalValues;
  if (globals.help) {
    print(environment, commandHelp(command));
    return ExitCode.ok;
  }
  checkArguments(command, positionals);
  let app: Promise<App> | undefined;
  const context: CommandContext = {
    out,
    environment,
    globals,
    signal: environment.signal ?? new AbortController().signal,
    app: () => {
      app ??= openApp(globals, environment);
      return app;
    },
  };
  try {
    return await command.run(context, positionals, values);
  } finally {
    await app?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}

function print(environment: CliEnvironment, text: string): void {
  environment.stdout.write(`${text}\n`);
}
