import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build, exec, moduleUrl, removeBuild } from "./support/built.js";
import { inFolder } from "./support/run.js";

beforeAll(build);
afterAll(removeBuild);

const config = (before = "") => `${before}
import { Repo } from "${moduleUrl("repo/index.js")}";
import { Field, PrimaryKey, Schema } from "${moduleUrl("schema/index.js")}";
import { create, index, Migration } from "${moduleUrl("migration/index.js")}";
import { Tenant } from "${moduleUrl("tenant/index.js")}";
export class Product {}
PrimaryKey("binary_id", { autogenerate: true })(Product.prototype, "id");
Field("string")(Product.prototype, "name");
Schema("products")(Product);
class Catalog extends Migration { change() { return [create(index(Product, ["name"]))]; } }
export const repoOf = (migrations) => new Repo({ url: "embedded:./data", storageId: "app", migrations });
export default { repo: () => repoOf([[1, Catalog]]), schemas: [Product] };
`;

/** Tenants t00, t01, … with some products, that lack the migration. */
const seed = `
import { Product, repoOf } from "./plinth.config.mjs";
import { Tenant } from "${"TENANT"}";
const repo = repoOf([]);
for (let n = 0; n < 12; n++) {
  const tenant = await Tenant.openOrCreate(repo, "t" + String(n).padStart(2, "0"));
  await repo.insertAll(Product, Array.from({ length: 40 }, (_, k) => ({ id: "p" + k, name: "n" + k })), { tenant });
}
await repo.close();
`;

async function project(folder: string, before = ""): Promise<void> {
  await writeFile(join(folder, "plinth.config.mjs"), config(before));
}

async function seeded(folder: string): Promise<void> {
  await project(folder);
  await writeFile(join(folder, "seed.mjs"), seed.replace("TENANT", moduleUrl("tenant/index.js")));
  expect(await exec(`"${process.execPath}" seed.mjs`, folder)).toMatchObject({ code: 0 });
}

const status = (line: string) => `${line}; echo "code \${PIPESTATUS[0]}" >&2`;

describe("a reader that goes", () => {
  test("does not keep a verb that changes from its end, on stdout or stderr", () =>
    inFolder(async (folder) => {
      await seeded(folder);
      const ran = await exec(status("plinth migrate --concurrency 1 | head -1"), folder);
      expect(ran.stderr).toContain("code 0");
      expect(ran.stderr).toContain("migrate went on to its end");
      const after = await exec("plinth status --json", folder);
      const left = after.stdout
        .trim()
        .split("\n")
        .filter((line) => JSON.parse(line).outstanding.length > 0);
      expect(left).toEqual([]);
      const both = await exec(
        status("plinth tenants delete t00 t01 t02 t03 t04 --yes 2>&1 | head -1"),
        folder,
      );
      expect(both.stderr).toContain("code 0");
      expect((await exec("plinth tenants list", folder)).stdout.split("\n")[0]).toBe("t05");
      const closed = await exec(status("plinth check 2>&- | true"), folder);
      expect(closed.stderr).toContain("code 0");
    }));

  test("has what it wanted of a verb that shows", () =>
    inFolder(async (folder) => {
      await seeded(folder);
      for (const line of ["export t00", "tenants list", "status --details", "--help", "explain products"]) {
        const ran = await exec(status(`plinth ${line} | true`), folder);
        expect([line, ran.stderr]).toEqual([line, "code 0\n"]);
      }
    }));

  test("is no disk that is full: then the exit code is 1", () =>
    inFolder(async (folder) => {
      await seeded(folder);
      const ran = await exec("plinth export t00 > /dev/full", folder);
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining("ENOSPC")]);
    }));
});

describe("a store", () => {
  test("is looked for from the configuration's folder, wherever the command runs", () =>
    inFolder(async (folder) => {
      await project(folder);
      const below = join(folder, "src", "lib");
      await mkdir(below, { recursive: true });
      expect((await exec("plinth tenants create acme", below)).code).toBe(0);
      expect((await exec("plinth tenants list", folder)).stdout).toBe("acme\n");
      expect((await exec("plinth tenants list", below)).stdout).toBe("acme\n");
      expect(await readdir(below)).toEqual([]);
      expect(
        await exec("PLINTH_URL=embedded:./data plinth tenants list --storage-id app", folder),
      ).toMatchObject({ stdout: "acme\n" });
    }));

  test("that is not there is an error, and made only when that is said or the first tenant is created", () =>
    inFolder(async (folder) => {
      await project(folder);
      await mkdir(join(folder, "data"));
      for (const line of [
        "status",
        "migrate",
        "check",
        "tenants list",
        "export a",
        "explain products",
        "tenants delete a --yes",
        "watch --once",
      ]) {
        const ran = await exec(`plinth ${line}`, folder);
        expect([line, ran.code, ran.stderr]).toEqual([line, 1, expect.stringContaining("store_not_found")]);
      }
      expect(await readdir(join(folder, "data"))).toEqual([]);
      const named = "--url embedded:./dta --storage-id app";
      for (const line of [`status ${named}`, `tenants create a ${named}`]) {
        expect(await exec(`plinth ${line}`, folder)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining("store_not_found"),
        });
      }
      expect(await readdir(folder)).toEqual(["data", "plinth.config.mjs"]);
      expect((await exec(`plinth tenants create a ${named} --create`, folder)).code).toBe(0);
      expect((await exec(`plinth tenants list ${named}`, folder)).stdout).toBe("a\n");
      expect((await exec("plinth tenants create b", folder)).code).toBe(0);
      expect((await exec("plinth tenants list", folder)).stdout).toBe("b\n");
    }));
});

describe("the command ends when its work is done", () => {
  test.each([
    ["a timer", "setInterval(() => {}, 1000);"],
    ["a server", 'import { createServer } from "node:http"; createServer().listen(0, "127.0.0.1");'],
    ["a promise that never comes, and a timer", "setInterval(() => {}, 1000); void new Promise(() => {});"],
  ])("although the application holds %s", (_what, before) =>
    inFolder(async (folder) => {
      await project(folder, before);
      expect(await exec("timeout 60 plinth tenants create acme", folder)).toMatchObject({ code: 0 });
      expect(await exec("timeout 60 plinth status --json", folder)).toMatchObject({ code: 0 });
      expect(await exec("timeout 60 plinth status -t nobody", folder)).toMatchObject({ code: 1 });
    }),
  );

  test("and says so when it cannot, because what the configuration awaits never comes", () =>
    inFolder(async (folder) => {
      await writeFile(
        join(folder, "plinth.config.mjs"),
        "await new Promise(() => {});\nexport default {};\n",
      );
      const ran = await exec("plinth status", folder);
      expect([ran.code, ran.stderr]).toEqual([1, expect.stringContaining("never settles")]);
    }));
});
