import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "dist/.programs");

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The whole programs of a page: TypeScript blocks that begin with their imports. */
function programsOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map(([, code]) => code!)
    .filter((code) => /^import /.test(code));
}

test("every program in the README and the docs type-checks", () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let written = 0;
  for (const page of pages) {
    for (const [i, code] of programsOf(page).entries()) {
      writeFileSync(join(folder, `${page.replaceAll(/\W/g, "-")}-${i}.ts`), code);
      written++;
    }
  }
  expect(written).toBeGreaterThan(4);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions: { noEmit: true, rootDir: root, outDir: join(root, "dist") },
      include: ["*.ts"],
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
