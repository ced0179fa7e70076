import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { loadMigrations, Migration } from "../../lib/migration/index.js";

let folder: string;
beforeEach(async () => {
  // The files below have no package of their own to import from.
  Object.assign(globalThis, { SpecMigration: Migration });
  folder = await mkdtemp(join(tmpdir(), "plinth-migrations-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (file: string, text: string) => writeFile(join(folder, file), text);
const migration = (name: string) =>
  `export class ${name} extends SpecMigration { change() { return []; } }\n`;

describe("loadMigrations", () => {
  test("takes versions from file names, in ascending order, whatever else is there", async () => {
    await write("0010_ten.mjs", migration("Ten"));
    await write("0002_two.mjs", `${migration("Two")}export const helper = () => 1;\nexport default Two;\n`);
    await write("0002_two.d.ts", "export declare class Two {}");
    await write("0002_two.mjs.map", "{}");
    await write("README.md", "");
    await write("shared.mjs", "export const x = 1;");
    for (const where of [folder, pathToFileURL(folder)]) {
      const list = await loadMigrations(where);
      expect(list.map(([version, { name }]) => [version, name])).toEqual([
        [2, "Two"],
        [10, "Ten"],
      ]);
    }
  });

  test("refuses a number given twice, as two branches may", async () => {
    await write("0001_a.mjs", migration("A"));
    await write("0001_b.mjs", migration("B"));
    await expect(loadMigrations(folder)).rejects.toThrow(
      /0001_a\.mjs and .*0001_b\.mjs have the same number/,
    );
  });

  test("refuses a file without a migration, or with several", async () => {
    await write("0001_a.mjs", "export class A {}");
    await expect(loadMigrations(folder)).rejects.toThrow(/0001_a\.mjs exports no migration/);
    await rm(join(folder, "0001_a.mjs"));
    await write("0003_c.mjs", migration("C") + migration("D"));
    await expect(loadMigrations(folder)).rejects.toThrow(/exports 2 migrations/);
  });

  test("refuses a folder that is empty or not there", async () => {
    await expect(loadMigrations(folder)).rejects.toThrow(/There are no migrations/);
    await expect(loadMigrations(join(folder, "none"))).rejects.toThrow(/There are no migrations/);
  });
});
