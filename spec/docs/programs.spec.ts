import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { blocksOf, pages, programsOf, tours } from "./page-programs.js";
import { checksMade } from "./told.js";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "dist/.programs");
const programs = pages.flatMap(programsOf);

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, code } of programs) writeFileSync(join(folder, file), code);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("every program in the README and the docs type-checks", () => {
  expect(programs.length).toBeGreaterThan(4);
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

test.each(tours)("%s runs from top to bottom, and gives what it says", async (page) => {
  const [program] = programsOf(page);
  const said =
    blocksOf(page)
      .join("")
      .match(/\/\/ (?:=>|throws) /g) ?? [];
  const before = checksMade();
  await import(join(folder, program!.file));
  expect(checksMade() - before).toBe(said.length);
  expect(said.length).toBeGreaterThan(20);
});
