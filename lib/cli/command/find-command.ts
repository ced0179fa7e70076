/** Finds the verb that a command line names. */

import { UsageError } from "../../errors.js";
import { nearMisses } from "../../schema/index.js";
import { type Command, nameOf } from "./command.js";

/** What the words of a command line lead to: a verb, or a group of them (all, when there are no words). */
export type Found =
  | { readonly command: Command; readonly rest: readonly string[] }
  | {
      readonly group: readonly Command[];
      readonly words: readonly string[];
      readonly rest: readonly string[];
    };

/** @throws UsageError, with near misses, when there is none */
export function findCommand(argv: readonly string[], commands: readonly Command[]): Found {
  let words: readonly string[] = [];
  let group = commands;
  for (;;) {
    const exact = group.find((command) => command.words.length === words.length);
    const rest = argv.slice(words.length);
    if (exact !== undefined && words.length > 0) return { command: exact, rest };
    const word = rest[0];
    if (word === undefined || word.startsWith("-")) return { group, words, rest };
    const depth = words.length;
    const next = group.filter((command) => command.words[depth] === word);
    if (next.length === 0) throw unknownVerb(argv.slice(0, depth + 1), group, commands);
    words = [...words, word];
    group = next;
  }
}

function unknownVerb(
  words: readonly string[],
  group: readonly Command[],
  all: readonly Command[],
): UsageError {
  const written = words.join(" ");
  const names = all.map(nameOf);
  const close = nearMisses(written, [...names, ...new Set(all.map((command) => command.words[0] as string))]);
  const [closest] = close;
  const advice =
    closest === undefined
      ? `There are: ${group.map(nameOf).join(", ")}.`
      : `Did you mean "plinth ${closest}"?`;
  return new UsageError(`"plinth ${written}" is no verb. ${advice} See: plinth --help`);
}
