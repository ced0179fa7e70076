import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** A program of a page: the name of its file, and its code. */
interface PageProgram {
  readonly page: string;
  readonly file: string;
  readonly code: string;
}

/** Folders below docs/ whose pages are written; the others are made by the build of the site. */
const folders: readonly string[] = ["how-it-works", "how-to", "production", "service"];

const pagesIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);

export const pages: readonly string[] = [
  "README.md",
  ...pagesIn("docs"),
  ...folders.flatMap((folder) => pagesIn(`docs/${folder}`)),
];

export const textOf = (page: string): string => readFileSync(join(root, page), "utf8");

export const proseOf = (page: string): string => textOf(page).replaceAll(/^```[\s\S]*?^```/gm, "");

export const blocksOf = (page: string): readonly string[] =>
  [...textOf(page).matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code!);

/** Pages whose blocks are one program: the first has the imports and the setting, the others are statements. */
export const tours: readonly string[] = [
  "docs/repo.md",
  "docs/query.md",
  "docs/changesets.md",
  ...pages.filter((page) => /^docs\/(?:service|how-to)\//.test(page) && checksIn(page) > 0),
];

/** How many values and errors a page says. */
export function checksIn(page: string): number {
  return (
    blocksOf(page)
      .join("")
      .match(/\/\/ (?:=>|throws) /g)?.length ?? 0
  );
}

/** The JSX blocks of a page, each a program of its own. */
const componentsOf = (page: string): readonly PageProgram[] =>
  [...textOf(page).matchAll(/^```tsx\n([\s\S]*?)^```/gm)].map(([, code], at) => ({
    page,
    file: nameOf(page, `component-${at}`).replace(/ts$/, "tsx"),
    code: code!,
  }));

/** The files of a page that names each of them, and whose programs import each other. */
const filesOf = (page: string): readonly PageProgram[] =>
  [...textOf(page).matchAll(/^`([\w-]+\.ts)`[^`]*\n```ts\n([\s\S]*?)^```/gm)].map(([, name, code]) => ({
    page,
    file: `files/${name!}`,
    code: code!,
  }));

const nameOf = (page: string, at: number | string): string => `${page.replaceAll(/\W/g, "-")}-${at}.ts`;

/** The TypeScript blocks of a page that begin with their imports; of a tour, all blocks as one program. */
export function programsOf(page: string): readonly PageProgram[] {
  if (tours.includes(page)) {
    const tour = { page, file: nameOf(page, "tour"), code: tourOf(blocksOf(page)) };
    return [tour, ...componentsOf(page)];
  }
  if (page === "docs/getting-started.md") return filesOf(page);
  const programs = blocksOf(page)
    .filter((code) => /^import /.test(code))
    .map((code, at) => ({ page, file: nameOf(page, at), code }));
  return [...programs, ...componentsOf(page)];
}

/** `expression; // => value` and `expression; // throws code part of the message` become checks. */
function tourOf([setting = "", ...blocks]: readonly string[]): string {
  return [
    'import { refused as $refused, told as $told } from "../../spec/docs/told.js";',
    setting,
    ...blocks.map(checked),
    ...closing([setting, ...blocks].join("")),
  ].join("\n");
}

/** What a page has opened at its top and leaves open, since its readers go on with it. */
const closing = (code: string): readonly string[] =>
  ["repo", "old", "late", "engine"]
    .filter((name) => new RegExp(`\\nconst ${name} = (?:new Repo|await openEngine|lateEngine)\\(`).test(code))
    .filter((name) => !code.includes(`await ${name}.close()`))
    .map((name) => `await ${name}.close();`);

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
