import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { transformSync } from "esbuild";
import { sections } from "../../docs/.vitepress/pages.mjs";
import { slug } from "../../docs/.vitepress/slug.mjs";
import { docstringExamples } from "./docstring-examples.js";
import { countedIn, namedBy, namesProgram } from "./named.js";
import { blocksOf, checksIn, pages, programsOf, proseOf, textOf, tours } from "./page-programs.js";
import { checksMade } from "./told.js";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "dist/.programs");
const named = namedBy("docs/from-ecto.md");
/** What is read beside the site, and has links and lines to type, but no programs. */
const besides = [
  "CHANGELOG.md",
  "CONTRIBUTING.md",
  ...["catalog", "jobs", "nestjs", "shop", "worker"].map((name) => `samples/${name}/README.md`),
];
let links = 0;
const programs = [
  ...pages.flatMap(programsOf),
  { page: "docs/from-ecto.md", file: "from-ecto-names.ts", code: namesProgram(named) },
  ...docstringExamples,
];

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "files"), { recursive: true });
  for (const { file, code } of programs) writeFileSync(join(folder, file), code);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  const blocks = pages.map((page) => blocksOf(page).length).reduce((sum, count) => sum + count, 0);
  process.stderr.write(
    `${pages.length} pages, ${blocks} blocks of TypeScript, ${docstringExamples.length} examples of docstrings: ${programs.length} programs compiled, ${tours.length} pages run with ${checksMade()} checks; ${links} links lead to what is there.\n`,
  );
});

test("every program in the README and the docs, and every example of a docstring, type-checks", () => {
  expect(programs.length - docstringExamples.length).toBeGreaterThan(40);
  expect(docstringExamples.length).toBeGreaterThan(250);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { noEmit: true, jsx: "react-jsx", rootDir: root, outDir: join(root, "dist") },
      include: ["**/*.ts", "**/*.tsx"],
      exclude: [],
    }),
  );
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  let report = "";
  try {
    execFileSync(process.execPath, [tsc, "-p", folder], { cwd: root, encoding: "utf8" });
  } catch (error) {
    report = String((error as { stdout?: string }).stdout);
  }
  expect(report).toBe("");
});

test("every line from Ecto has a name or a reason, and they are as many as the page says", () => {
  const { counts, bare } = countedIn("docs/from-ecto.md");
  expect(bare).toEqual([]);
  const said = /(\d+) lines: (\d+) are the same, (\d+) are there in another way, (\d+) are not/.exec(
    textOf("docs/from-ecto.md"),
  );
  expect(said?.slice(1).map(Number)).toEqual([counts.reduce((sum, count) => sum + count, 0), ...counts]);
});

test.each(tours)("%s runs from top to bottom, and gives what it says", async (page) => {
  const [program] = programsOf(page);
  const before = checksMade();
  await import(join(folder, program!.file));
  expect(checksMade() - before).toBe(checksIn(page));
});

test("every block is one that something reads: of TypeScript, a program; of JavaScript and JSON, without a mistake", () => {
  const compiled = pages.flatMap(programsOf).map(({ code }) => code);
  const bare = pages
    .filter((page) => !tours.includes(page))
    .flatMap((page) => blocksOf(page).filter((code) => !compiled.includes(code)));
  expect(bare).toEqual([]);
  const wrong = [...pages, ...besides].flatMap((page) =>
    [...textOf(page).matchAll(/^```(js|json|jsx)\n([\s\S]*?)^```/gm)].filter(([, loader, code]) => {
      try {
        transformSync(code!, { loader: loader as "js", format: "esm", logLevel: "silent" });
        return false;
      } catch {
        return true;
      }
    }),
  );
  expect(wrong.map(([block]) => block)).toEqual([]);
});

test("the site leads to every page, and every page of it is there", () => {
  const shown = sections.flatMap(({ items }) => items.map(([, page]) => `docs/${page}.md`));
  const made = ["docs/reference/index.md"];
  const written = pages.filter((page) => page !== "README.md" && page !== "docs/index.md");
  expect([...shown].sort()).toEqual([...written, ...made].sort());
});

test("the texts and verbs that the lines from Ecto name are there", () => {
  const sources = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => textOf(`lib/${name}`))
    .join("");
  const missing = named.filter((span) => {
    if (span.startsWith('"'))
      return !sources.includes(span) && !new RegExp(`\\b${span.slice(1, -1)}: `).test(sources);
    return span.startsWith("plinth ") && !sources.includes(`"${span.slice(7)}`);
  });
  expect(named.length).toBeGreaterThan(150);
  expect(missing).toEqual([]);
});

test("what the README leads to is in the package", () => {
  const links = Array.from(
    proseOf("README.md").matchAll(/\]\((?!https?:|#)([^)#]+)|src="(?!https?:)([^"]+)"/g),
    ([, link, image]) => link ?? image!,
  );
  const { files } = JSON.parse(textOf("package.json")) as { files: readonly string[] };
  const packed = (link: string) => files.some((file) => link === file || link.startsWith(`${file}/`));
  expect(links.length).toBeGreaterThan(40);
  expect(links.filter((link) => !packed(link))).toEqual([]);
});

test("every link of every page leads to a file and a heading that are there", () => {
  const anchorsOf = (page: string) =>
    new Set(Array.from(proseOf(page).matchAll(/^#+ (.+)$/gm), ([, heading]) => slug(heading!)));
  const broken = [...pages, ...besides].flatMap((page) =>
    [...proseOf(page).matchAll(/\]\((?!https?:)([^)]+)\)|src="(?!https?:)([^"]+)"/g)]
      .map(([, link, image]) => link ?? image!)
      .filter((link) => {
        links += 1;
        const [path = "", anchor] = link.split("#");
        const target = path === "" ? page : posix.join(posix.dirname(page), path);
        if (target === "docs/reference/index.md") return false;
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchorsOf(target).has(anchor);
      })
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});
