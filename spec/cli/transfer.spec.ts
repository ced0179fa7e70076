import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { transact } from "../../lib/engine/index.js";
import { from } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { contents } from "./support/contents.js";
import { inFolder, plinth } from "./support/run.js";
import { Catalog, fill, migrations, openRepo, Product, Review, schemas } from "./support/shop.js";

let source: Repo;
let exported: string;

beforeAll(async () => {
  source = openRepo();
  const tenant = await fill(source, "acme");
  const engine = await source.engine();
  await transact(engine, async (tx) => {
    tx.set(tenant.pack(["settings", 1]), Buffer.from("on"));
    tx.set(Buffer.concat([tenant.prefix, Buffer.from([0xfe, 0xff])]), Buffer.from([0, 255]));
  });
  const ran = await plinth(["export", "acme"], { config: { repo: source, schemas } });
  expect(ran.code).toBe(0);
  exported = ran.stdout;
});
afterAll(() => source.close());

/** Runs on an empty store in memory. */
async function inStore<T>(
  body: (repo: Repo) => Promise<T>,
  options: { migrated?: boolean } = {},
): Promise<T> {
  const repo = new Repo({
    url: "memory:",
    storageId: "copy",
    migrations: options.migrated === true ? migrations : [],
  });
  try {
    return await body(repo);
  } finally {
    await repo.close();
  }
}

describe("export", () => {
  test("has a header, a line for each record and each key, and the totals", () => {
    const lines = exported
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({
      format: "plinth-export",
      version: 2,
      storageId: "shop",
      tenant: "acme",
      source: "memory:",
    });
    expect(lines.at(-1)).toMatchObject({ end: { rows: 16, keys: 2, changed: [] } });
    expect(lines).toHaveLength(1 + 16 + 2 + 1);
    const p2 = lines.find(({ source: name, key }) => name === "products" && (key as string[])[0] === "p2");
    expect(p2).toEqual({
      source: "products",
      key: ["p2"],
      row: { name: "Instant-Tree Seeds", weight: 1.25, state: "draft" },
    });
  });

  test("goes into a file that is not there yet, and says how much", () =>
    inFolder(async (cwd) => {
      const config = { repo: source, schemas };
      const { json } = await plinth(["export", "acme", "-o", "a.jsonl", "--json"], { config, cwd });
      expect(json()).toEqual([{ tenant: "acme", file: "a.jsonl", rows: 16, keys: 2, changed: [] }]);
      const text = await readFile(join(cwd, "a.jsonl"), "utf8");
      expect(text.split("\n").slice(1)).toEqual(
        exported.split("\n").slice(1, -2).concat(text.split("\n").slice(-2)),
      );
      const again = await plinth(["export", "acme", "-o", "a.jsonl"], { config, cwd });
      expect(again.code).toBe(2);
      expect(again.stderr).toContain("exists already");
    }));

  test("that fails leaves no file behind", () =>
    inFolder(async (cwd) => {
      const config = { repo: source, schemas };
      const signal = AbortSignal.abort(new Error("stopped"));
      expect((await plinth(["export", "acme", "-o", "a.jsonl"], { config, cwd, signal })).code).toBe(130);
      expect(await readdir(cwd)).toEqual([]);
    }));

  test("of a tenant that is not there names near misses", async () => {
    const { code, stderr } = await plinth(["export", "acm"], { config: { repo: source } });
    expect(code).toBe(1);
    expect(stderr).toContain('Did you mean "acme"');
    expect(stderr).toContain("[tenant_not_found]");
  });
});

describe("import", () => {
  test.each([
    ["the export's own indexes, without any code", false, false],
    ["the repo's migrations", true, false],
    ["the application's schemas", true, true],
  ])("with %s gives equal contents, indexes and counters included", (_what, migrated, withSchemas) =>
    inStore(
      async (repo) => {
        const config = { repo, schemas: withSchemas ? schemas : [] };
        const { code, stderr, json } = await plinth(["import", "--json"], { config, stdin: exported });
        expect(stderr).not.toContain("error");
        expect(code).toBe(0);
        expect(json()[0]).toMatchObject({ tenant: "acme", rows: 16, written: 16, keys: 2 });
        expect(await contents(repo, "acme")).toEqual(await contents(source, "acme"));
      },
      { migrated },
    ),
  );

  test("leaves a tenant that the application uses as if it had been filled by it", () =>
    inStore(
      async (repo) => {
        await plinth(["import", "copy"], { config: { repo, schemas }, stdin: exported });
        const tenant = await Tenant.open(repo, "copy");
        const before = await Tenant.open(source, "acme");
        expect(await repo.all(Product, { tenant })).toEqual(await source.all(Product, { tenant: before }));
        const top = from(Review)
          .where({ score: { gte: 4 } })
          .orderBy("score");
        expect(await repo.all(top, { tenant })).toEqual(await source.all(top, { tenant: before }));
        await expect(repo.insert(Product, { id: "p9", name: "x", sku: "a" }, { tenant })).rejects.toThrow(
          /sku/,
        );
        expect(await repo.count(Product, { tenant })).toBe(2);
      },
      { migrated: true },
    ));

  test("applies the migrations that the export did not have", () =>
    inFolder(async () => {
      const older = openRepo([[1, Catalog]]);
      await fill(older, "acme", 3);
      const { stdout } = await plinth(["export", "acme"], { config: { repo: older, schemas } });
      await older.close();
      await inStore(
        async (repo) => {
          const { code } = await plinth(["import"], { config: { repo, schemas }, stdin: stdout });
          expect(code).toBe(0);
          const [status] = (await plinth(["status", "--json"], { config: { repo, schemas } })).json();
          expect(status).toMatchObject({ version: 2, outstanding: [] });
          expect(await repo.count(Product, { tenant: await Tenant.open(repo, "acme") })).toBe(2);
        },
        { migrated: true },
      );
    }));

  test("refuses a tenant with records; --merge writes what is not there", () =>
    inStore(async (repo) => {
      const config = { repo, schemas };
      const cut = exported.split("\n").slice(0, 6).join("\n");
      const first = await plinth(["import"], { config, stdin: `${cut}\n` });
      expect(first.code).toBe(1);
      expect(first.stderr).toContain("it was cut off");
      expect(await Tenant.exists(repo, "acme")).toBe(false);
      expect((await plinth(["import"], { config, stdin: exported })).code).toBe(0);
      const second = await plinth(["import"], { config, stdin: exported });
      expect(second.code).toBe(1);
      expect(second.stderr).toContain("--merge");
      const tenant = await Tenant.open(repo, "acme");
      await repo.delete(await repo.getOrThrow(Product, "p2", { tenant }));
      const merged = await plinth(["import", "--merge", "--json"], { config, stdin: exported });
      expect(merged.json()[0]).toMatchObject({ rows: 16, written: 1 });
      expect(await contents(repo, "acme")).toEqual(await contents(source, "acme"));
    }));

  test("--merge replaces records of the same key with all that follows from them", () =>
    inStore(
      async (repo) => {
        const tenant = await Tenant.create(repo, "acme");
        await repo.insert(Product, { id: "p1", name: "old", sku: "old" }, { tenant });
        const { code } = await plinth(["import", "--merge"], { config: { repo, schemas }, stdin: exported });
        expect(code).toBe(0);
        expect(await contents(repo, "acme")).toEqual(await contents(source, "acme"));
      },
      { migrated: true },
    ));

  test("--replace erases first, once that is confirmed", () =>
    inStore(
      async (repo) => {
        const tenant = await Tenant.create(repo, "acme");
        await repo.insert(Product, { id: "p0", name: "old" }, { tenant });
        const config = { repo, schemas };
        const refused = await plinth(["import", "--replace"], { config, stdin: exported });
        expect(refused.code).toBe(4);
        expect(await repo.get(Product, "p0", { tenant })).not.toBeNull();
        expect((await plinth(["import", "--replace", "--yes"], { config, stdin: exported })).code).toBe(0);
        expect(await contents(repo, "acme")).toEqual(await contents(source, "acme"));
      },
      { migrated: true },
    ));

  test.each<[string, (lines: string[]) => string[], RegExp]>([
    ["an empty file", () => [], /nothing to import/],
    ["a missing line", (lines) => lines.filter((_, at) => at !== 3), /lines are missing/],
    ["a doubled file", (lines) => [...lines, ...lines], /two files were joined/],
    ["a damaged line", (lines) => lines.with(2, "{"), /Line 3 is no JSON/],
    [
      "a value that the format does not have",
      (lines) => lines.with(1, '{"source":"products","key":["x"],"row":{"name":{"$bytes":"?"}}}'),
      /Line 2 \(products\)/,
    ],
    ["a key among Plinth's own", (lines) => lines.with(-2, '{"key":"AWQA","value":""}'), /belongs to Plinth/],
    ["a header of something else", (lines) => lines.slice(1), /no header of an export/],
  ])("refuses %s", (_what, damage, message) =>
    inStore(async (repo) => {
      const lines = exported.trimEnd().split("\n");
      const stdin = damage(lines)
        .map((line) => `${line}\n`)
        .join("");
      const { code, stderr } = await plinth(["import"], { config: { repo, schemas }, stdin });
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }),
  );

  test("reads a file from one store into another by their URLs", () =>
    inFolder(async (cwd) => {
      await writeFile(join(cwd, "acme.jsonl"), exported);
      const store = ["--url", `embedded:${join(cwd, "data")}`, "--storage-id", "copy"];
      const config = { repo: source, schemas };
      expect((await plinth(["import", "two", "-i", "acme.jsonl", ...store], { config, cwd })).code).toBe(1);
      const args = ["import", "two", "-i", "acme.jsonl", ...store, "--create"];
      expect((await plinth(args, { config, cwd })).code).toBe(0);
      const { stdout } = await plinth(["export", "two", ...store], { config, cwd });
      const rows = (text: string) => text.split("\n").slice(1, -2);
      expect(rows(stdout)).toEqual(rows(exported));
    }));
});
