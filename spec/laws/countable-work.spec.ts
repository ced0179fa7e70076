import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "@jest/globals";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "plinth";
import { type InstrumentedEngine, instrument, openEngine } from "plinth/engine";

/** What each operation asks of the store follows from its kind, never from how much is stored. */

@Schema("wide")
class Wide {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare a: number | null;
  @Field("integer") declare b: number | null;
  @Field("integer") declare c: number | null;
  @Field("integer") declare d: number | null;
  @Field("string") declare text: string | null;
}

let engine: InstrumentedEngine;
afterEach(() => engine.close());

async function open(indexes: readonly ("a" | "b" | "c" | "d")[], logged: boolean) {
  engine = instrument(await openEngine("memory:"));
  class Indexes extends Migration {
    change() {
      return [
        ...(logged ? [create(metadata(Wide))] : []),
        ...indexes.map((field) => create(index(Wide, [field]))),
      ];
    }
  }
  const options = { engine, storageId: "work", migrations: [[1, Indexes]] } as const;
  const repo = new Repo(options);
  const tenant = await Tenant.openOrCreate(repo, "t");
  // The process knows the list of indexes.
  await repo.insert(Wide, { id: "first" }, { tenant });
  return { repo, tenant, options };
}

async function work(run: () => Promise<unknown>) {
  engine.resetCounts();
  await run();
  const { gets, getKeys, rangeReads, rows, sets, clears, clearRanges, atomics, commits, attempts } =
    engine.counts;
  return {
    gets,
    ranges: rangeReads + getKeys,
    rows,
    writes: sets + clears + clearRanges + atomics,
    commits,
    attempts,
  };
}

const values = (i: number) => ({ a: i, b: i % 10, c: -i, d: i * 2, text: `t${i}` });

describe("an insert with k indexes", () => {
  const fields = ["a", "b", "c", "d"] as const;
  for (const logged of [false, true]) {
    for (let k = 0; k <= 4; k++) {
      test(`k = ${k}, ${logged ? "with" : "without"} metadata: 1 read, ${1 + k + (logged ? 2 : 0)} writes`, async () => {
        const { repo, tenant } = await open(fields.slice(0, k), logged);
        const log = logged ? 2 : 0;
        expect(await work(() => repo.insert(Wide, { id: "x", ...values(1) }, { tenant }))).toEqual({
          gets: 1,
          ranges: 0,
          rows: 0,
          writes: 1 + k + log,
          commits: 1,
          attempts: 1,
        });
        const stored = await repo.getOrThrow(Wide, "x", { tenant });
        expect(await work(() => repo.update(change(stored, { text: "new" })))).toMatchObject({
          gets: 1,
          writes: 1 + log,
        });
        expect(await work(() => repo.update(change(stored, { a: 5, b: 6, c: 7, d: 8 })))).toMatchObject({
          gets: 1,
          writes: 1 + 2 * k + log,
        });
        expect(await work(() => repo.delete(stored))).toMatchObject({ gets: 1, writes: 1 + k + log });
      });
    }
  }
});

test("reads and writes cost the same in a source of 20 and of 2,000 rows", async () => {
  const costs: unknown[] = [];
  for (const count of [20, 2_000]) {
    if (count > 20) await engine.close();
    const { repo, tenant, options } = await open(["a", "b"], true);
    await repo.insertAll(
      Wide,
      Array.from({ length: count }, (_, i) => ({ id: `r${i}`, ...values(i) })),
      { tenant, batch: 500 },
    );
    const row = await repo.getOrThrow(Wide, "r7", { tenant });
    const sync = new Sync(repo);
    const page = await sync.subscribe(tenant, {
      all: sync.all(from(Wide).orderBy("a")),
      top: sync.all(from(Wide).orderBy({ a: "desc" }).limit(5)),
      one: sync.one(Wide, "r7"),
      count: sync.count(Wide),
    });
    let changes = 0;
    page.on("change", (transition) => {
      for (const list of Object.values(transition.changes)) changes += list?.length ?? 0;
    });
    const another = new Repo(options);
    costs.push([
      await work(() => repo.get(Wide, "r3", { tenant })),
      await work(() =>
        repo.all(
          from(Wide)
            .where({ a: { gte: 3 } })
            .limit(4),
          { tenant },
        ),
      ),
      await work(() => repo.all(from(Wide).orderBy({ a: "desc" }).limit(1), { tenant })),
      await work(() => repo.page(from(Wide).orderBy("a"), { limit: 3, tenant })),
      await work(() => repo.exists(from(Wide).where({ b: 3 }), { tenant })),
      // A write and everything that four live queries make of it.
      await work(async () => {
        const { version } = await repo.transactional(
          tenant,
          () => repo.update(change(row, { text: "moved" })),
          {
            returning: "version",
          },
        );
        await page.until(version);
      }),
      changes,
      // Its migrations have moved its version since this process found it.
      await work(() => Tenant.open(repo, "t")),
      await work(() => Tenant.open(repo, "t")),
    ]);
    await Tenant.open(another, "t");
    await sync.close();
  }
  expect(costs[1]).toEqual(costs[0]);
  expect(costs[0]).toContain(2);
  const known = (costs[0] as { gets: number; ranges: number }[]).at(-1)!;
  expect(known.gets + known.ranges).toBeLessThanOrEqual(1);
});

test("the documented table has a line for each operation that an application calls", () => {
  const table = readFileSync("docs/operations.md", "utf8");
  for (const operation of [
    "get",
    "getBy",
    "all",
    "page",
    "stream",
    "count",
    "exists",
    "insert",
    "update",
    "delete",
    "insertAll",
    "updateAll",
    "deleteAll",
    "preload",
    "reload",
    "aggregate",
    "transactional",
  ]) {
    expect(table).toMatch(new RegExp(`^\\|.*\`${operation}\``, "m"));
  }
});
