import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as plinth from "plinth";
import { answers } from "./error-answers.js";
import { answerOf, causes, errorsPage } from "./errors-page.js";

const page = join(import.meta.dirname, "../../docs/errors.md");

test("docs/errors.md lists every error class of the source (PLINTH_WRITE_DOCS=1 writes it anew)", () => {
  if (process.env.PLINTH_WRITE_DOCS === "1") writeFileSync(page, errorsPage());
  expect(readFileSync(page, "utf8")).toBe(errorsPage());
});

test("every error class has an HTTP status and says whether to retry, in spec/docs/error-answers.ts or by its section", () => {
  const without = causes().filter((cause) => answerOf(cause) === undefined);
  expect(
    without.map(({ className, section }) => `${className}: [500, "no"], // ${section ?? "no section"}`),
  ).toEqual([]);
});

test("every answer is that of an error class", () => {
  const known = new Set(causes().map(({ className }) => className));
  expect(Object.keys(answers).filter((name) => !known.has(name))).toEqual([]);
});

test("what a client can mend is a 4xx, and what is to be mended here a 5xx", () => {
  const odd = causes().filter((cause) => {
    const [http, retry] = answerOf(cause) ?? [];
    return http !== undefined && retry === "no" && http < 500;
  });
  expect(odd).toEqual([]);
});

test("the web's handlers answer with the status that the page says", () => {
  const source = readFileSync(join(import.meta.dirname, "../../lib/web/refusal.ts"), "utf8");
  const told = [...source.matchAll(/^ {2}\[(\w+Error), (\d+)\],$/gm)];
  expect(told.length).toBeGreaterThan(10);
  expect(told.filter(([, name, status]) => answers[name!]?.[0] !== Number(status))).toEqual([]);
});

test("every listed class is exported and no two share a code", () => {
  const rows = [...errorsPage().matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)];
  expect(rows.length).toBeGreaterThan(40);
  expect(new Set(rows.map(([, code]) => code)).size).toBe(rows.length);
  expect(rows.map(([, , name]) => name).filter((name) => !(name! in plinth))).toEqual([]);
});
