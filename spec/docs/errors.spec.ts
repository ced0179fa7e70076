import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import * as plinth from "plinth";
import { errorsPage } from "./errors-page.js";

const page = join(import.meta.dirname, "../../docs/errors.md");

test("docs/errors.md lists every error class of the source (PLINTH_WRITE_DOCS=1 writes it anew)", () => {
  if (process.env.PLINTH_WRITE_DOCS === "1") writeFileSync(page, errorsPage());
  expect(readFileSync(page, "utf8")).toBe(errorsPage());
});

test("every listed class is exported and no two share a code", () => {
  const rows = [...errorsPage().matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)];
  expect(rows.length).toBeGreaterThan(40);
  expect(new Set(rows.map(([, code]) => code)).size).toBe(rows.length);
  expect(rows.map(([, , name]) => name).filter((name) => !(name! in plinth))).toEqual([]);
});
