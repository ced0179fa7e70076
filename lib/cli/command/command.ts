/** What a verb of the command line consists of, and what it gets to work with. */

import type { App, CliEnvironment } from "../app/index.js";
import type { Output } from "../output/index.js";
import type { ExitCode } from "./exit-code.js";
import type { FlagSpecs, FlagValues, GlobalValues } from "./flags.js";

/** One argument of a verb, by position. */
export interface ArgumentSpec {
  /** In capitals, as the help shows it. */
  readonly name: string;
  readonly summary: string;
  readonly optional?: boolean;
  /** Takes all that follow; only the last may. */
  readonly many?: boolean;
}

/** A command line and what it does. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** What a verb gets to work with. */
export interface CommandContext {
  readonly out: Output;
  readonly environment: CliEnvironment;
  readonly globals: GlobalValues;
  readonly signal: AbortSignal;
  /** The repo and the schemas of the configuration; loaded on first use and closed after the verb. */
  app(): Promise<App>;
}

/** A verb with the types of its flags. */
export interface CommandDefinition<F extends FlagSpecs> {
  /** The words after `plinth`, for example `["tenants", "list"]`. */
  readonly words: readonly string[];
  /** One line. */
  readonly summary: string;
  /** Paragraphs for the help of the verb. */
  readonly description: readonly string[];
  readonly args: readonly ArgumentSpec[];
  readonly flags: F;
  readonly examples: readonly Example[];
  /** Changes and judges nothing: when nobody reads its output any more, there is no use in going on. Default false. */
  readonly shows?: boolean;
  /** Makes the configuration's store when there is none. Default false. */
  readonly createsStore?: boolean;
  run(context: CommandContext, args: readonly string[], flags: FlagValues<F>): Promise<ExitCode>;
}

/** A verb. */
export interface Command extends Omit<CommandDefinition<FlagSpecs>, "run"> {
  run(
    context: CommandContext,
    args: readonly string[],
    flags: Readonly<Record<string, unknown>>,
  ): Promise<ExitCode>;
}

/** Forgets the flags' types, so that verbs fit into one list. */
export function defineCommand<const F extends FlagSpecs>(definition: CommandDefinition<F>): Command {
  return Object.freeze({
    ...definition,
    run: (context: CommandContext, args: readonly string[], flags: Readonly<Record<string, unknown>>) =>
      definition.run(context, args, flags as FlagValues<F>),
  });
}

export const nameOf = (command: Pick<Command, "words">): string => command.words.join(" ");
