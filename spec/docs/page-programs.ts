import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A program of a page: the name of its file, and its code. */
interface PageProgram {
  readonly page: string;
  readonly file: string;
  readonly code: string;
}

/** Pages whose blocks are one program: the first has the imports and the setting, the others are statements. */
export const tours: readonly string[] = ["docs/repo.md", "docs/query.md"];

export const pages: readonly string[] = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

export const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

export const blocksOf = (page: string): readonly string[] =>
  [...textOf(page).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);

const nameOf = (page: string, at: number | string): string => `${page.replaceAll(/\W/g, "-")}-${at}.ts`;

/** The TypeScript blocks of a page that begin with their imports; of a tour, all blocks as one program. */
export function programsOf(page: string): readonly PageProgram[] {
  if (tours.includes(page)) return [{ page, file: nameOf(page, "tour"), code: tourOf(blocksOf(page)) }];
  return blocksOf(page)
    .filter((code) => /^import /.test(code))
    .map((code, at) => ({ page, file: nameOf(page, at), code }));
}

/** `expression; // => value` and `expression; // throws code part of the message` become checks. */
function tourOf([setting = "", ...blocks]: readonly string[]): string {
  return [
    'import { refused as $refused, told as $told } from "../../spec/docs/told.js";',
    setting,
    ...blocks.map(checked),
  ].join("\n");
}

function checked(code: string): string {
  const lines = code.split("\n").map((line) => {
    const [, statement, kind, expected] = /^(.+?);? +\/\/ (=>|throws) (.+)$/.exec(line) ?? [];
    if (statement === undefined) {
      if (/\/\/ (?:=>|throws)/.test(line)) throw new Error(`This line is checked by nothing: ${line}`);
      return line;
    }
    if (kind === "throws")
      return `await $refused(async () => { ${statement}; }, ${JSON.stringify(expected)});`;
    const name = /^\s*const (\w+) = /.exec(statement)?.[1];
    return name === undefined
      ? `$told(${statement}, ${expected});`
      : `${statement}; $told(${name}, ${expected});`;
  });
  return lines.join("\n");
}
