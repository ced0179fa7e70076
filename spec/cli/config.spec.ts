import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Tenant } from "../../lib/tenant/index.js";
import { inFolder, plinth } from "./support/run.js";
import { openRepo, schemas } from "./support/shop.js";

describe("a configuration", () => {
  test.each<[string, string, RegExp]>([
    ["without a default export", "export const repo = 1;", /has no default export/],
    ["without a repo", "export default {};", /has no "repo"/],
    ["that gives something else", "export default { repo: () => 1 };", /gives number, not a Repo/],
    [
      "whose schemas are none",
      "export default { repo: 1, schemas: [class A {}] };",
      /A in "schemas" is no schema/,
    ],
    [
      "that throws",
      "throw new Error('out of order');",
      /cannot be loaded: plinth\.config\.mjs:1: out of order/,
    ],
  ])("%s is an error that says what to write", (_what, source, message) =>
    inFolder(async (cwd) => {
      await writeFile(join(cwd, "plinth.config.mjs"), source);
      const { code, stderr } = await plinth(["status"], { cwd });
      expect(code).toBe(5);
      expect(stderr).toMatch(message);
      expect(stderr).not.toMatch(/^ {4}at /m);
    }),
  );

  test("names the folder for migrations, relative to itself", () =>
    inFolder(async (folder) => {
      const cwd = join(folder, "src");
      await mkdir(cwd);
      const file = join(folder, "plinth.config.mjs");
      await writeFile(file, 'export default { repo: () => 1, migrationsDir: "db" };');
      expect((await plinth(["gen", "migration", "a"], { cwd })).stdout).toContain("../db/0001_a.ts");
    }));

  test("that does not load keeps nobody from writing a migration, but is mentioned", () =>
    inFolder(async (cwd) => {
      await writeFile(join(cwd, "plinth.config.mjs"), "throw new Error('not yet');");
      const { code, stdout, stderr } = await plinth(["gen", "migration", "b"], { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain("migrations/0001_b.ts");
      expect(stderr).toContain("not yet");
      expect((await plinth(["gen", "migration", "c", "--config", "x.mjs"], { cwd })).code).toBe(5);
    }));

  test("may give a repo that is open already, which stays open", async () => {
    const repo = openRepo();
    await plinth(["tenants", "create", "a"], { config: { repo, schemas } });
    expect(await Tenant.exists(repo, "a")).toBe(true);
    await repo.close();
  });

  test("that makes a repo has it closed behind the verb, also when the verb fails", async () => {
    const made = [openRepo(), openRepo()];
    let next = 0;
    const config = { repo: () => made[next++]! };
    await plinth(["tenants", "list"], { config });
    await plinth(["export", "nobody"], { config });
    for (const repo of made) await expect(Tenant.exists(repo, "a")).rejects.toThrow(/closed/);
  });

  test("gives way to --url and --storage-id", async () => {
    const repo = openRepo();
    const config = { repo, schemas };
    await Tenant.create(repo, "here");
    expect((await plinth(["tenants", "list", "--storage-id", "elsewhere"], { config })).stdout).toBe("");
    expect((await plinth(["tenants", "list", "--url", "memory:"], { config })).stdout).toBe("");
    expect((await plinth(["tenants", "list"], { config })).stdout).toBe("here\n");
    await repo.close();
  });

  test("is not needed with --url, or PLINTH_URL, and --storage-id", async () => {
    const store = ["--storage-id", "app"];
    expect((await plinth(["tenants", "list", "--url", "memory:", ...store])).code).toBe(0);
    expect((await plinth(["tenants", "list", ...store], { env: { PLINTH_URL: "memory:" } })).code).toBe(0);
    expect((await plinth(["tenants", "list", ...store])).code).toBe(5);
    const wrong = await plinth(["tenants", "list", "--url", "file:x", ...store]);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("[invalid_url]");
  });
});
