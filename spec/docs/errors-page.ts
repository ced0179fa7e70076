import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorNames, isMaybeCommitted, isRetryable } from "../../lib/engine/port/error-codes.js";
import { type Answer, answers, ofSection } from "./error-answers.js";

const root = join(import.meta.dirname, "../..");

interface Cause {
  readonly className: string;
  readonly code: string;
  readonly when: string;
  /** The section of `lib/errors.ts` that it stands in. */
  readonly section: string | undefined;
}

const BASES = new Set(["PlinthError", "EngineError"]);

/** Every error class of the source, by its code. */
export function causes(): readonly Cause[] {
  const found = files(join(root, "lib")).flatMap((file) => causesIn(readFileSync(file, "utf8")));
  return found.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** The answer of an error: its own, or that of its section. */
export const answerOf = ({ className, section = "" }: Cause): Answer | undefined =>
  answers[className] ?? ofSection[section];

/** `docs/errors.md` as the source says it today: every error class with its code, its sentence and its answer. */
export function errorsPage(): string {
  return `# Errors

Every error that Plinth throws is a \`PlinthError\` with a stable \`code\`, one class per cause. Compare the code or use
\`instanceof\`; the message is for people: what happened, what usually causes it, and the line that fixes it.

- **HTTP** is the status that fits when a server lets the error through to its client: a 4xx is the client's to mend, and the
  message of a 5xx is for the log. Commands have exit codes instead ([cli](cli.md)).
- **retry** says whether the same call may succeed later: *yes*, with nothing changed (a Repo has tried again by itself before it
  throws, so wait); *after change* of the input, of what is stored, or of what was read from it; *no*, the program, its
  configuration or the store is to be mended. After \`transaction_timeout\` and \`commit_unknown\` the transaction may be stored:
  look first, or run it with [\`exactlyOnce\`](repo.md#transactions).

| code | class | HTTP | retry | when |
| --- | --- | --- | --- | --- |
${causes().map(row).join("\n")}

## Errors of the engine

\`EngineError\` carries FoundationDB's number in \`fdbCode\` (and \`fdb_NUMBER\` in \`code\`); \`attempts\` lists the tries of the
transaction that it ended. A Repo turns those that an application meets into the classes above, with the
\`EngineError\` as their \`cause\`.

| code | name | retried | may have committed |
| --- | --- | --- | --- |
${[...errorNames].map(([code, name]) => `| ${code} | ${name} | ${isRetryable(code) ? "yes" : ""} | ${isMaybeCommitted(code) ? "yes" : ""} |`).join("\n")}
`;
}

function row(cause: Cause): string {
  const [http = "", retry] = answerOf(cause) ?? [undefined, ""];
  return `| \`${cause.code}\` | \`${cause.className}\` | ${http} | ${retry} | ${cause.when} |`;
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function causesIn(source: string): Cause[] {
  const found: Cause[] = [];
  const sections = [...source.matchAll(/^\/\/ -{4} (.+?) -+$/gm)];
  const classes =
    /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*)?export class (\w+)(?:<[^{]*>)? extends (?:errorClass\("(\w+)"\)|PlinthError) \{([\s\S]*?)\n?\}/g;
  for (const { 1: doc, 2: className, 3: given, 4: body, index } of source.matchAll(classes)) {
    if (className === undefined || BASES.has(className)) continue;
    const code = given ?? /code(?:: string)? = "(\w+)"/.exec(body ?? "")?.[1];
    if (code === undefined) throw new Error(`${className} has no static code.`);
    if (doc === undefined) throw new Error(`${className} has no docstring.`);
    const section = sections.findLast((one) => one.index < index)?.[1];
    found.push({ className, code, when: oneLine(doc), section });
  }
  return found;
}

function oneLine(doc: string): string {
  const lines = doc.split("\n").map((line) => line.replace(/^\s*\*? ?/, ""));
  const text = lines.join(" ").split(/\s@\w+/)[0]!;
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
