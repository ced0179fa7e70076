/** Runs one command line: finds its verb, parses its flags, and turns errors into exit codes. */

import { UsageError } from "../errors.js";
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
import { type Output, openOutput, Readers } from "./output/index.js";
import { commands } from "./registry.js";

/**
 * Runs one command line and returns its exit code; it neither throws nor exits.
 *
 * @param argv what follows `plinth`
 * @example
 * const { stdin, stdout, stderr, env } = process;
 * const code = await runCli(["status", "--json"], { stdin, stdout, stderr, env, cwd: process.cwd() });
 */
export async function runCli(argv: readonly string[], environment: CliEnvironment): Promise<ExitCode> {
  const out = openOutput(environment, flagsOf(argv).includes("--json"));
  const readers = new Readers(environment);
  let code: ExitCode;
  try {
    code = await dispatch(argv, environment, out, readers);
  } catch (error) {
    code = failed(error, environment, out);
  }
  await readers.flushed(environment);
  if (readers.failure === undefined) return code;
  out.error({
    code: "output_failed",
    message: `The output could not be written: ${readers.failure.message}`,
  });
  return code === ExitCode.ok ? ExitCode.failed : code;
}

function failed(error: unknown, environment: CliEnvironment, out: Output): ExitCode {
  if (environment.signal?.aborted === true || isAbort(error)) {
    out.note("Interrupted; what was committed stays.");
    return ExitCode.interrupted;
  }
  out.error(failureOf(error));
  return exitCodeOf(error);
}

/** Behind `--` there are no flags. */
function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end < 0 ? argv : argv.slice(0, end);
}

/** Ctrl-C at a question reaches the prompt, not the process. */
const isAbort = (error: unknown): boolean => (error as { name?: unknown } | null)?.name === "AbortError";

async function dispatch(
  argv: readonly string[],
  environment: CliEnvironment,
  out: Output,
  readers: Readers,
): Promise<ExitCode> {
  const found = findCommand(argv[0] === "help" ? [...argv.slice(1), "--help"] : argv, commands);
  if ("command" in found) return runCommand(found.command, found.rest, { environment, out, readers });
  const { group, words, rest } = found;
  if (words.length === 0 && flagsOf(rest).includes("--version")) {
    show(environment, out, "version", version());
    return ExitCode.ok;
  }
  const { values } = parseFlags(flagsOf(rest), globalFlags, words.join(" ") || "VERB");
  const text = words.length === 0 ? overview(commands) : groupHelp(words, group);
  if (values.help === true) {
    show(environment, out, "help", text);
    return ExitCode.ok;
  }
  const [, verb] = rest[0] === "--" ? rest : [];
  if (out.mode === "json" || verb !== undefined) {
    const names = group.map(nameOf).join(", ");
    throw new UsageError(`A verb is missing${verb === undefined ? "" : " before --"}. There are: ${names}.`);
  }
  environment.stderr.write(`${text}\n`);
  return ExitCode.usage;
}

interface Surroundings {
  readonly environment: CliEnvironment;
  readonly out: Output;
  readonly readers: Readers;
}

async function runCommand(
  command: Command,
  argv: readonly string[],
  { environment, out, readers }: Surroundings,
): Promise<ExitCode> {
  const { values, positionals } = parseFlags(argv, { ...command.flags, ...globalFlags }, nameOf(command));
  const globals = values as unknown as GlobalValues;
  if (globals.help) {
    show(environment, out, "help", commandHelp(command));
    return ExitCode.ok;
  }
  checkArguments(command, positionals);
  let app: Promise<App> | undefined;
  const stopped = environment.signal ?? new AbortController().signal;
  const context: CommandContext = {
    out,
    environment,
    globals,
    signal: command.shows === true ? AbortSignal.any([stopped, readers.closed]) : stopped,
    app: () => {
      app ??= openApp(globals, environment, command.createsStore === true);
      return app;
    },
  };
  try {
    const code = await command.run(context, positionals, values);
    if (readers.closed.aborted && command.shows !== true) {
      out.note(`Nobody reads the output any more; ${nameOf(command)} went on to its end all the same.`);
    }
    return code;
  } catch (error) {
    // Whoever has seen enough of what is only shown (`plinth export acme | head`) has what was wanted.
    if (command.shows === true && readers.closed.aborted && !stopped.aborted) return ExitCode.ok;
    throw error;
  } finally {
    await app?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }
}

function show(environment: CliEnvironment, out: Output, what: string, text: string): void {
  if (out.mode === "json") out.result({ [what]: text });
  else environment.stdout.write(`${text}\n`);
}
