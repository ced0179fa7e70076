/** Says whether a text can name a project: it becomes a folder, a package and a storage id. */

import { UsageError } from "../../errors.js";

const LONGEST = 100;
/** What npm or a file system keeps for itself. */
const taken: ReadonlySet<string> = new Set([
  "node_modules",
  "favicon.ico",
  "plinth",
  "con",
  "nul",
  "prn",
  "aux",
]);

/** Why a text is no name of a project; undefined when it is one. */
export function problemOfName(name: string): string | undefined {
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name))
    return "is no name: lower-case letters, digits, dots, dashes and underscores, the first a letter or a digit";
  if (/[.]$/.test(name)) return "ends with a dot";
  return taken.has(name) ? "is a name that npm, the system or Plinth has taken" : undefined;
}

/** @throws UsageError */
export function requireName(name: string): void {
  const problem = problemOfName(name);
  if (problem !== undefined) throw new UsageError(`"${name}" ${problem}. For example: plinth new my-app`);
}
