import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { spaceRange } from "../../lib/cli/transfer/tenant-ranges.js";
import { firstGreaterOrEqual } from "../../lib/engine/index.js";
import { UnfinishedImportError } from "../../lib/errors.js";
import { create, index, Migration } from "../../lib/migration/index.js";
import { from } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { plinth } from "./support/run.js";
import { fill, migrations, openRepo, Review, schemas } from "./support/shop.js";

/** Two reviews of one product: an export that a store with this index refuses halfway. */
class OneReview extends Migration {
  change() {
    return [create(index(Review, ["productId"], { unique: true, name: "one_review" }))];
  }
}

let source: Repo;
let exported: string;
let repo: Repo;
let strict: Repo;

beforeAll(async () => {
  source = openRepo();
  await fill(source, "acme", 1_700);
  exported = (await plinth(["export", "acme"], { config: { repo: source, schemas } })).stdout;
});
afterAll(() => source.close());
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "copy", migrations });
  strict = new Repo({ engine: await repo.engine(), storageId: "strict", migrations: [[1, OneReview]] });
  return async () => repo.close();
});

const rows = async (of: Repo, id: string) =>
  (await of.all(from(Review).scan(), { tenant: await Tenant.open(of, id) })).length;

/** What is told on the way, on a machine that is slow. */
const withoutProgress = (text: string): string => text.replaceAll(/^importing .*\n/gm, "");

/** Resolves as soon as the first records of an import are stored. */
async function stored(of: Repo, id: string): Promise<void> {
  const engine = await of.engine();
  const host = {
    storageId: of.storageId,
    engine: async () => engine,
    prepareTenant: async () => undefined,
    opensUnfinished: true,
  };
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!(await Tenant.exists(host, id))) continue;
    const { begin, end } = spaceRange(await Tenant.open(host, id), "data");
    const batch = await engine
      .begin()
      .getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), { limit: 1 });
    if (batch.rows.length > 0) return;
  }
}

/** A tenant into which an import has failed, in its first batch. */
async function failed(id: string): Promise<void> {
  await Tenant.openOrCreate(strict, id);
  const ran = await plinth(["import", id], { config: { repo: strict, schemas }, stdin: exported });
  expect(ran.code).toBe(1);
  expect(ran.stderr).toMatch(/Line \d+ \(reviews .*one_review/);
}

test("an import that fails leaves a tenant that status tells, and that cannot be opened, until it is dropped", async () => {
  await failed("there");
  const config = { repo: strict, schemas };
  const status = await plinth(["status", "--json"], { config });
  expect(status.json()).toMatchObject([{ tenant: "there", import: { pid: process.pid, replaces: true } }]);
  expect((await plinth(["status"], { config })).stdout).toContain("import not finished");
  // The handle that this process has opened before is no way around it.
  for (const open of [Tenant.open, Tenant.openOrCreate]) {
    await expect(open(strict, "there")).rejects.toThrow(UnfinishedImportError);
  }
  for (const verb of [["export", "there"], ["migrate"], ["explain", "reviews"], ["check"]]) {
    const ran = await plinth(verb, { config });
    expect([verb[0], ran.code, ran.stderr]).toEqual([
      verb[0],
      1,
      expect.stringContaining("import_unfinished"),
    ]);
  }
  expect((await plinth(["import", "there"], { config, stdin: exported })).stderr).toContain("--merge");
  expect((await plinth(["tenants", "delete", "there", "--yes"], { config })).code).toBe(0);
  expect(await Tenant.exists(strict, "there")).toBe(false);
  await Tenant.create(strict, "there");
});

test("--replace with records that the tenant's own unique index refuses erases nothing", async () => {
  const config = { repo: strict, schemas };
  const tenant = await Tenant.openOrCreate(strict, "kept");
  await strict.insert(Review, { productId: "p", score: 1 } as never, { tenant });
  const ran = await plinth(["import", "kept", "--replace", "--yes"], { config, stdin: exported });
  expect([ran.code, ran.stderr]).toEqual([
    1,
    expect.stringMatching(/Line \d+ \(reviews .*one_review.*Nothing was changed/s),
  ]);
  expect(await rows(strict, "kept")).toBe(1);
  expect((await plinth(["status", "--json"], { config })).json()).toMatchObject([
    { tenant: "kept", import: null },
  ]);
});

test("or until it is replaced, or cleared", async () => {
  await failed("there");
  const config = { repo: strict, schemas };
  await Tenant.openOrCreate(strict, "empty");
  const empty = (await plinth(["export", "empty"], { config })).stdout;
  expect((await plinth(["import", "there", "--replace", "--yes"], { config, stdin: empty })).code).toBe(0);
  await Tenant.open(strict, "there");
  await failed("other");
  await Tenant.clear(strict, "other");
  expect(await rows(strict, "other")).toBe(0);
});

test("one that is interrupted is finished by running it again with --merge", async () => {
  const stop = new AbortController();
  const config = { repo, schemas };
  const running = plinth(["import", "--json"], { config, stdin: exported, signal: stop.signal });
  await stored(repo, "acme").then(() => stop.abort());
  const ran = await running;
  expect(ran.code).toBe(130);
  await expect(Tenant.open(repo, "acme")).rejects.toThrow(UnfinishedImportError);
  const again = await plinth(["import", "--merge", "--json"], { config, stdin: exported });
  expect(again.json()[0]).toMatchObject({ rows: 1_704 });
  expect(again.json<{ written: number }>()[0]?.written).toBeLessThan(1_704);
  expect(await rows(repo, "acme")).toBe(1_700);
  expect((await plinth(["status", "--json"], { config })).json()).toMatchObject([{ import: null }]);
});

test("while one runs, another process that has the tenant open is told so", async () => {
  const config = { repo, schemas };
  const other = new Repo({ engine: await repo.engine(), storageId: "copy", migrations });
  await Tenant.openOrCreate(other, "acme");
  await Tenant.open(other, "acme");
  const running = plinth(["import"], { config, stdin: exported });
  await stored(repo, "acme");
  await expect(Tenant.open(other, "acme")).rejects.toThrow(UnfinishedImportError);
  const ran = await running;
  expect([ran.code, withoutProgress(ran.stderr)]).toEqual([0, ""]);
  await Tenant.open(other, "acme");
  expect(await rows(other, "acme")).toBe(1_700);
});

test("keys of the application are content: kept without a flag, gone with --replace, asked for", async () => {
  const config = { repo, schemas };
  const tenant = await Tenant.openOrCreate(repo, "keys");
  const engine = await repo.engine();
  // Byte strings sort before and behind Plinth's own.
  const keys = [["settings", 1], [Buffer.alloc(0)], [Buffer.from("zz")], [null]] as const;
  for (const key of keys) {
    const tx = engine.begin();
    tx.set(tenant.pack([...key]), Buffer.from("mine"));
    await tx.commit();
    const refused = await plinth(["import", "keys"], { config, stdin: exported });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("keys of the application")]);
    expect((await plinth(["import", "keys", "--replace"], { config, stdin: exported })).code).toBe(4);
    const kept = engine.begin();
    expect(await kept.get(tenant.pack([...key]))).toEqual(Buffer.from("mine"));
    const ran = await plinth(["import", "keys", "--replace", "--yes"], { config, stdin: exported });
    expect([ran.code, withoutProgress(ran.stderr)]).toEqual([0, ""]);
    expect(await engine.begin().get(tenant.pack([...key]))).toBeUndefined();
    await Tenant.clear(repo, "keys");
  }
});
