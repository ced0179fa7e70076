/** Writes the help: of the whole command, of a group of verbs, and of one verb. */

import { type Command, nameOf } from "./command.js";
import { ExitCode } from "./exit-code.js";
import { type FlagSpec, type FlagSpecs, globalFlags } from "./flags.js";

const exitCodes: readonly (readonly [number, string])[] = [
  [ExitCode.ok, "done"],
  [ExitCode.failed, "an operation failed; stderr says which and why"],
  [ExitCode.usage, "the command line is wrong"],
  [ExitCode.inconsistent, "check found differences and did not repair them"],
  [ExitCode.notConfirmed, "a destructive verb was not confirmed"],
  [ExitCode.config, "there is no configuration, or it cannot be loaded"],
  [ExitCode.interrupted, "stopped by Ctrl-C"],
];

/** Two columns, the first as wide as its longest text. */
function twoColumns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
}

function flagLine(name: string, spec: FlagSpec): readonly [string, string] {
  const short = spec.short === undefined ? "" : `, -${spec.short}`;
  const value = spec.type === "boolean" ? "" : ` ${spec.placeholder ?? "VALUE"}`;
  return [`--${name}${short}${value}`, spec.summary + (spec.multiple === true ? " (may be repeated)" : "")];
}

const flagLines = (flags: FlagSpecs): string[] =>
  twoColumns(Object.entries(flags).map(([name, spec]) => flagLine(name, spec)));

/** How the verb is written: `plinth tenants create ID…`. */
export function usageOf(command: Command): string {
  const args = command.args.map(({ name, optional, many }) => {
    const shown = many === true ? `${name}...` : name;
    return optional === true ? `[${shown}]` : shown;
  });
  return ["plinth", ...command.words, ...args, "[flags]"].join(" ");
}

/** `plinth --help`: all verbs. */
export function overview(commands: readonly Command[]): string {
  return [
    "Usage: plinth VERB [arguments] [flags]",
    "",
    "Verbs:",
    ...twoColumns(commands.map((command) => [nameOf(command), command.summary])),
    "",
    "Flags of every verb:",
    ...flagLines(globalFlags),
    "  --version          show the version of Plinth",
    "",
    "Examples:",
    ...examples([
      { line: "plinth status", does: "versions, indexes and row counts of every tenant" },
      { line: "plinth migrate", does: "apply outstanding migrations to every tenant" },
      { line: "plinth check --repair", does: "compare every index with its records and mend differences" },
    ]),
    "",
    "Exit codes:",
    ...twoColumns(exitCodes.map(([code, meaning]) => [String(code), meaning])),
    "",
    "More about a verb: plinth VERB --help",
  ].join("\n");
}

/** `plinth tenants --help`: the verbs that start with these words. */
export function groupHelp(words: readonly string[], commands: readonly Command[]): string {
  return [
    `Usage: plinth ${words.join(" ")} VERB [arguments] [flags]`,
    "",
    "Verbs:",
    ...twoColumns(commands.map((command) => [nameOf(command), command.summary])),
    "",
    `More about a verb: plinth ${nameOf(commands[0] as Command)} --help`,
  ].join("\n");
}

function examples(list: Command["examples"]): string[] {
  return twoColumns(list.map(({ line, does }) => [line, `# ${does}`]));
}

/** `plinth VERB --help`. */
export function commandHelp(command: Command): string {
  const sections: string[][] = [
    [`Usage: ${usageOf(command)}`],
    [`${command.summary}.`],
    ...command.description.map((text) => [text]),
  ];
  if (command.args.length > 0) {
    sections.push(["Arguments:", ...twoColumns(command.args.map(({ name, summary }) => [name, summary]))]);
  }
  if (Object.keys(command.flags).length > 0) sections.push(["Flags:", ...flagLines(command.flags)]);
  sections.push(["Flags of every verb:", ...flagLines(globalFlags)]);
  sections.push(["Examples:", ...examples(command.examples)]);
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}
