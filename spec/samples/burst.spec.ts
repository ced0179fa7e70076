import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { from, Repo, Tenant } from "plinth";
import { type Engine, openEngine } from "plinth/engine";
import { Catalog } from "../../migrations/0001_catalog.js";
import { type Acknowledged, burst } from "../../samples/catalog/lab/burst.js";
import { sumOfVersions, versionOf } from "../../samples/catalog/lab/version.js";
import { type Counts, meter } from "../../samples/catalog/meter.js";
import { Product } from "../../samples/catalog/product.js";

let engine: Engine;
let counts: () => Counts;
let repo: Repo;
let tenant: Tenant;

beforeEach(async () => {
  ({ engine, counts } = meter(await openEngine("memory:")));
  repo = new Repo({ engine, storageId: "burst", migrations: [[1, Catalog]] });
  tenant = await Tenant.openOrCreate(repo, "catalog");
  for (const id of ["p1", "p2", "p3"]) await repo.insert(Product, { id, name: `Product ${id}` }, { tenant });
});

afterEach(async () => {
  await repo.close();
  await engine.close();
});

test("4,000 read-modify-writes, 1,000 at once, on three rows: each is counted once, few run twice, and commits are few", async () => {
  const acknowledged: Acknowledged[] = [];
  const before = counts();
  let runs = 0;
  await burst(repo, tenant, {
    transactions: 4_000,
    concurrency: 1_000,
    onAcknowledged: (update) => acknowledged.push(update),
    onAttempt: () => runs++,
  });

  const products = await repo.all(from(Product), { tenant });
  expect(acknowledged).toHaveLength(4_000);
  expect(sumOfVersions(products)).toBe(4_000);
  for (const { id, name } of products) {
    // Each version was handed out once: a gap would be a lost update, a double one a lost conflict.
    const versions = acknowledged.filter((update) => update.id === id).map(({ version }) => version);
    expect(versions.sort((a, b) => a - b)).toEqual(
      Array.from({ length: versionOf(name) }, (_, at) => at + 1),
    );
  }
  const after = counts();
  // Those that wait for the same row are committed together, up to 256 of them.
  expect(after.commits - before.commits).toBeLessThanOrEqual(400);
  expect((after.attempts - before.attempts) / 4_000).toBeLessThanOrEqual(1.05);
  expect(runs / 4_000).toBeLessThanOrEqual(1.05);
}, 60_000);

test("a burst on an empty catalog does nothing", async () => {
  await repo.deleteAll(from(Product), { tenant });
  const { commits } = counts();
  await burst(repo, tenant, { transactions: 10, concurrency: 5 });
  expect(counts().commits).toBe(commits);
});
