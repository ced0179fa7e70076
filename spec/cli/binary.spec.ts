import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build, exec, finish, moduleUrl, removeBuild, start } from "./support/built.js";
import { inFolder } from "./support/run.js";

beforeAll(build);
afterAll(removeBuild);

/** A configuration with a schema, an index and a store in the folder. */
async function writeConfig(folder: string, name = "plinth.config.mjs"): Promise<void> {
  const source = `
import { Repo } from "${moduleUrl("repo/index.js")}";
import { Field, PrimaryKey, Schema } from "${moduleUrl("schema/index.js")}";
import { create, index, Migration } from "${moduleUrl("migration/index.js")}";

export class Product {}
PrimaryKey("binary_id", { autogenerate: true })(Product.prototype, "id");
Field("string")(Product.prototype, "name");
Schema("products")(Product);

class Catalog extends Migration {
  change() {
    return [create(index(Product, ["name"]))];
  }
}

export default {
  repo: () => new Repo({ url: "embedded:./data", storageId: "app", migrations: [[1, Catalog]] }),
  schemas: [Product],
  migrationsDir: "db",
};
`;
  await writeFile(join(folder, name), source);
}

/** Rows through the shell, as an operator would make a few. */
const insert = (rows: number, tenant: string): string =>
  `echo 'await repo.insertAll(Product, Array.from({ length: ${rows} }, (_, n) => ({ name: "n" + n })), { tenant })' | ` +
  `plinth shell -t ${tenant} > /dev/null`;

describe("the built command", () => {
  test("finds the configuration in a folder above, and works on its store", () =>
    inFolder(async (folder) => {
      await writeConfig(folder);
      const below = join(folder, "src");
      await mkdir(below);
      expect(await exec("plinth tenants create acme", folder)).toMatchObject({
        code: 0,
        stdout: "Created acme\n",
      });
      expect((await exec(insert(3, "acme"), folder)).code).toBe(0);
      const status = await exec("plinth status --json", folder);
      expect(JSON.parse(status.stdout)).toMatchObject({ tenant: "acme", version: 1, rows: [{ rows: 3 }] });
      expect((await exec("plinth check", folder)).stdout).toContain("0 problems found");
      expect((await exec("plinth gen migration next", below)).stdout).toContain("../db/0001_next.ts");
      await exec("plinth gen migration forgotten", folder);
      const migrated = await exec("plinth migrate", folder);
      expect(migrated.stderr).toBe(
        "db/0002_forgotten.ts is not applied: the repo's migrations do not list version 2.\n",
      );
    }));

  test("moves a tenant from one store to another through a pipe", () =>
    inFolder(async (folder) => {
      await writeConfig(folder);
      await exec("plinth tenants create acme", folder);
      await exec(insert(20, "acme"), folder);
      const copy = "--url embedded:./copy --storage-id other";
      const moved = await exec(`plinth export acme | plinth import ${copy} --create`, folder);
      expect(moved).toMatchObject({ code: 0, stderr: expect.stringContaining("Exported 20 records") });
      const rows = "| grep '\"row\"' | sort";
      const before = await exec(`plinth export acme ${rows}`, folder);
      const after = await exec(`plinth export acme ${copy} ${rows}`, folder);
      expect(before.stdout.split("\n")).toHaveLength(21);
      expect(after.stdout).toBe(before.stdout);
      expect((await exec(`plinth check ${copy}`, folder)).stdout).toContain("20 records, 20 index entries");
    }));

  test("ends quietly when its reader has seen enough", () =>
    inFolder(async (folder) => {
      await writeConfig(folder);
      await exec("plinth tenants create acme", folder);
      await exec(insert(3_000, "acme"), folder);
      const { stdout, stderr } = await exec("plinth export acme | head -n 1", folder);
      expect(JSON.parse(stdout)).toMatchObject({ tenant: "acme" });
      expect(stderr).not.toMatch(/EPIPE|Error/);
    }));

  test("stops at Ctrl-C with 130, and closes the store", () =>
    inFolder(async (folder) => {
      await writeConfig(folder);
      const child = start(["import", "acme", "--json"], folder);
      const finished = finish(child);
      child.stdin?.write(
        '{"format":"plinth-export","version":1,"tenant":"acme","indexes":[],"migrations":[]}\n',
      );
      child.stdin?.write('{"source":"products","key":["p1"],"row":{"name":"one"}}\n');
      await storeExists(folder);
      child.kill("SIGINT");
      expect(await finished).toMatchObject({ code: 130, stderr: expect.stringContaining("Interrupted") });
      expect((await exec("plinth tenants list", folder)).code).toBe(0);
    }));

  test("says what is missing without a configuration", () =>
    inFolder(async (folder) => {
      const { code, stderr } = await exec("plinth status", folder);
      expect(code).toBe(5);
      expect(stderr).toContain("There is no plinth.config.js");
      expect(stderr).toContain("--url embedded:./data --storage-id");
    }));

  test("teaches about a configuration in TypeScript, and about a second copy of plinth", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "plinth.config.ts"), "@Schema('a') class A {}\nexport default {};");
      const typescript = await exec("plinth status", folder);
      expect(typescript.code).toBe(5);
      expect(typescript.stderr).toMatch(/is TypeScript.*--import tsx/s);
      expect(typescript.stderr).not.toMatch(/^ {4}at /m);
      await writeFile(join(folder, "other.mjs"), "export default { repo: () => new (class Repo {})() };");
      expect((await exec("plinth status --config other.mjs", folder)).stderr).toMatch(
        /not a Repo.*two copies/s,
      );
    }));

  test("takes another configuration by --config, and a missing one is an error", () =>
    inFolder(async (folder) => {
      await writeConfig(folder, "ops.mjs");
      expect((await exec("plinth tenants create acme --config ops.mjs", folder)).code).toBe(0);
      const { code, stderr } = await exec("plinth tenants list --config other.mjs", folder);
      expect(code).toBe(5);
      expect(stderr).toContain("There is no configuration other.mjs");
    }));

  test("is told when another process has the store", () =>
    inFolder(async (folder) => {
      await writeConfig(folder);
      const holder = start(["shell"], folder);
      const ended = once(holder, "close");
      holder.stdin?.write("1\n");
      await once(holder.stdout!, "data");
      const { code, stderr } = await exec("plinth tenants list", folder);
      holder.stdin?.end();
      await ended;
      expect(code).toBe(1);
      expect(stderr).toContain("[store_locked]");
      expect(stderr).toContain(String(holder.pid));
    }));
});

async function storeExists(folder: string): Promise<void> {
  const { existsSync } = await import("node:fs");
  while (!existsSync(join(folder, "data"))) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 300));
}
