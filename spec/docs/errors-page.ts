import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorNames, isMaybeCommitted, isRetryable } from "../../lib/engine/port/error-codes.js";

const root = join(import.meta.dirname, "../..");

interface Cause {
  readonly className: string;
  readonly code: string;
  readonly when: string;
}

const BASES = new Set(["PlinthError", "EngineError"]);

/** `docs/errors.md` as the source says it today: every error class with its code and its sentence. */
export function errorsPage(): string {
  const causes = files(join(root, "lib")).flatMap((file) => causesIn(readFileSync(file, "utf8")));
  causes.sort((a, b) => (a.code < b.code ? -1 : 1));
  return `# Errors

Every error that Plinth throws is a \`PlinthError\` with a stable \`code\`, one class per cause. Compare the code or use
\`instanceof\`; the message is for people: what happened, what usually causes it, and the line that fixes it.

| code | class | when |
| --- | --- | --- |
${causes.map(({ code, className, when }) => `| \`${code}\` | \`${className}\` | ${when} |`).join("\n")}

## Errors of the engine

\`EngineError\` carries FoundationDB's number in \`fdbCode\` (and \`fdb_NUMBER\` in \`code\`); \`attempts\` lists the tries of the
transaction that it ended. A Repo turns those that an application meets into the classes above, with the
\`EngineError\` as their \`cause\`.

| code | name | retried | may have committed |
| --- | --- | --- | --- |
${[...errorNames].map(([code, name]) => `| ${code} | ${name} | ${isRetryable(code) ? "yes" : ""} | ${isMaybeCommitted(code) ? "yes" : ""} |`).join("\n")}
`;
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function causesIn(source: string): Cause[] {
  const found: Cause[] = [];
  const classes =
    /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\s*)?export class (\w+)(?:<[^{]*>)? extends (?:errorClass\("(\w+)"\)|PlinthError) \{([\s\S]*?)\n?\}/g;
  for (const [, doc, className, given, body] of source.matchAll(classes)) {
    if (className === undefined || BASES.has(className)) continue;
    const code = given ?? /code(?:: string)? = "(\w+)"/.exec(body ?? "")?.[1];
    if (code === undefined) throw new Error(`${className} has no static code.`);
    if (doc === undefined) throw new Error(`${className} has no docstring.`);
    found.push({ className, code, when: oneLine(doc) });
  }
  return found;
}

function oneLine(doc: string): string {
  const lines = doc.split("\n").map((line) => line.replace(/^\s*\*? ?/, ""));
  const text = lines.join(" ").split(/\s@\w+/)[0]!;
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
