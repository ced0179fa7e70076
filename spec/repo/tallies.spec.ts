import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine, transact } from "../../lib/engine/index.js";
import {
  change,
  checkTenant,
  counter,
  create,
  drop,
  Field,
  from,
  InvalidQueryError,
  InvalidValueError,
  index,
  Migration,
  MigrationError,
  Migrator,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  sum,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { sourceKeys } from "../../lib/layer/index.js";
import { internals } from "../../lib/repo/internals.js";
import { pack } from "../../lib/tuple/index.js";
import { countWork } from "./count-work.js";

@Schema("orders")
class Order {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare city: string | null;
  @Field("string") declare kind: string;
  @Field("integer") declare cents: number | null;
  @Field("bigint") declare grams: bigint;
  @Field("float") declare ratio: number | null;
  @Field("json") declare extra: unknown;
}

class Tallies extends Migration {
  change() {
    return [
      create(sum(Order, "cents")),
      create(sum(Order, "cents", ["city"])),
      create(sum(Order, "grams", ["kind"], { where: { cents: { gte: 0 } }, name: "paid_grams" })),
      create(counter(Order, ["kind", "city"])),
      create(index(Order, ["city"])),
      create(metadata(Order)),
    ];
  }
}

class NoTallies extends Migration {
  change() {
    return [
      drop(sum(Order, "cents")),
      drop(sum(Order, "cents", ["city"])),
      drop(sum("orders", "grams", ["kind"], { name: "paid_grams" })),
      drop(counter(Order, ["kind", "city"])),
    ];
  }
}

const cities = ["Oslo", "Bergen", null];
const orderOf = (id: number) => ({
  id,
  city: cities[id % 3] ?? null,
  kind: id % 2 === 0 ? "a" : "b",
  cents: id % 5 === 0 ? null : id * 7 - 60,
  grams: BigInt(id) << 40n,
  ratio: null,
  extra: null,
});
const added = (rows: readonly Order[]) => {
  const values = rows.map(({ cents }) => cents).filter((cents) => cents !== null);
  return values.length === 0 ? null : values.reduce((a, b) => a + b, 0);
};

let engine: Engine;
let counted: ReturnType<typeof countWork>;
let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  engine = await openEngine("memory:");
  counted = countWork(engine);
  repo = new Repo({ engine: counted.engine, storageId: "tallies", migrations: [[1, Tallies]] });
  tenant = await Tenant.openEmpty(repo, "t");
  await repo.insertAll(
    Order,
    Array.from({ length: 30 }, (_, id) => orderOf(id)),
    { tenant },
  );
});
afterAll(async () => {
  await repo.close();
  await engine.close();
});

const sound = async (of: Tenant, options: Parameters<typeof checkTenant>[2] = {}) => {
  const { engine: opened, metadata: cache } = internals(repo);
  const host = { engine: async () => opened(), metadata: cache };
  return (await checkTenant(host, of, { schemas: [Order], ...options })).problems;
};
/** Sums and counts that are kept are those of the rows. */
async function expectExact(of: Tenant): Promise<void> {
  const rows = await repo.all(Order, { tenant: of });
  const o = { tenant: of };
  expect(await repo.aggregate(Order, "sum", "cents", o)).toBe(added(rows));
  for (const city of cities) {
    const own = rows.filter((row) => row.city === city);
    expect(await repo.aggregate(from(Order).where({ city }), "sum", "cents", o)).toBe(added(own));
    const values = own.flatMap(({ cents }) => cents ?? []);
    const mean = values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
    expect(await repo.aggregate(from(Order).where({ city }), "avg", "cents", o)).toBe(mean);
  }
  expect(await sound(of)).toEqual([]);
}

describe("a sum", () => {
  test("is read instead of the rows: one point read, or one range of its numbers", async () => {
    await expectExact(tenant);
    const one = await counted.measure(() =>
      repo.aggregate(from(Order).where({ city: "Oslo" }), "sum", "cents", { tenant }),
    );
    expect([one.pointReads, one.rangeReads]).toEqual([1, 0]);
    const two = await counted.measure(() =>
      repo.aggregate(from(Order).where({ city: { in: ["Oslo", null] } }), "avg", "cents", { tenant }),
    );
    expect([two.pointReads, two.rangeReads]).toEqual([2, 0]);
    const some = await counted.measure(() =>
      repo.aggregate(from(Order).where({ city: { gt: "A" } }), "sum", "cents", { tenant }),
    );
    expect([some.pointReads, some.rangeReads, some.keys]).toEqual([0, 1, 2]);
    const rest = { kind: "b", cents: { gte: 0 } };
    const grams = await repo.aggregate(from(Order).where(rest).scan(), "sum", "grams", { tenant });
    const rows = (await repo.all(Order, { tenant })).filter(
      (row) => row.kind === "b" && (row.cents ?? -1) >= 0,
    );
    expect(grams).toBe(rows.reduce((all, row) => all + row.grams, 0n));
  });

  test("follows every write with one atomic addition, and none where the value stays", async () => {
    const row = await repo.getOrThrow(Order, 1, { tenant });
    const before = await counted.measure(() => repo.update(change(row, { ratio: 0.5 })));
    const after = await counted.measure(() => repo.update(change(row, { cents: 11 })));
    // The two sums and the partial one that begins to hold the row; its log entry and head as before.
    expect(after.writes - before.writes).toBe(3);
    await expectExact(tenant);
    await repo.transactional(tenant, async () => {
      await repo.updateAll(from(Order).where({ city: "Oslo" }), { city: "Bergen", cents: -3 });
      await repo.deleteAll(from(Order).where({ id: { lt: 7 } }));
      await repo.insert(Order, { ...orderOf(99), cents: 0 });
    });
    await expectExact(tenant);
    await repo.deleteAll(Order, { tenant });
    await expectExact(tenant);
    const { counter: prefix } = {
      counter: sourceKeys(tenant, "orders").named("counter", "orders_cents_sum"),
    };
    expect(await transact(engine, (tx) => tx.get(prefix))).toBeUndefined();
    await repo.insertAll(
      Order,
      Array.from({ length: 30 }, (_, id) => orderOf(id)),
      { tenant },
    );
  });

  test("is built while writers go on, and dropped", async () => {
    const built = await Tenant.openEmpty(repo, "built");
    await Migrator.up(repo, built, [
      [1, Tallies],
      [2, NoTallies],
    ]);
    await repo.insertAll(
      Order,
      Array.from({ length: 200 }, (_, id) => orderOf(id)),
      { tenant: built },
    );
    class Again extends Migration {
      change() {
        return [create(sum(Order, "cents")), create(sum(Order, "cents", ["city"]))];
      }
    }
    const building = Migrator.up(
      repo,
      built,
      [
        [1, Tallies],
        [2, NoTallies],
        [3, Again],
      ],
      { stepBytes: 2_000 },
    );
    for (let id = 0; id < 200; id += 9) {
      const row = await repo.get(Order, id, { tenant: built });
      if (row !== null) await repo.update(change(row, { cents: id, city: "Oslo" }), { tenant: built });
      await repo.deleteAll(from(Order).where({ id: id + 1 }), { tenant: built });
      await repo.insert(Order, orderOf(1_000 + id), { tenant: built });
    }
    await building;
    await expectExact(built);
  });

  test("that is off is found, also beside writers, and repaired", async () => {
    const key = pack(["Oslo"], sourceKeys(tenant, "orders").named("counter", "orders_city_cents_sum"));
    for (const countMs of [3_000, 0]) {
      await transact(engine, async (tx) => tx.clear(key));
      const [problem, ...more] = await sound(tenant, { countMs });
      expect(more).toEqual([]);
      expect(problem).toMatchObject({ kind: "wrong-count", index: "orders_city_cents_sum" });
      expect(problem?.detail).toMatch(/the sum for Oslo says 0 of 0 values, there are -?\d+ of 8 values/);
      await sound(tenant, { countMs, repair: true });
      await expectExact(tenant);
    }
  });

  test("refuses what does not add up exactly, before anything is written", async () => {
    for (const field of ["ratio", "city", "id", "nope"])
      expect(() => create(sum(Order, field as never))).toThrow(MigrationError);
    expect(() => create(sum("orders", ""))).toThrow(MigrationError);
    expect(() => create(sum("orders", "cents", ["city"]))).toThrow('city: "string"');
    const huge = { ...orderOf(500), cents: 1, grams: 1n << 63n };
    await expect(repo.insert(Order, huge, { tenant })).rejects.toBeInstanceOf(InvalidValueError);
    expect(await repo.get(Order, 500, { tenant })).toBeNull();
    await repo.transactional(tenant, async () => {
      await expect(repo.insert(Order, huge)).rejects.toBeInstanceOf(InvalidValueError);
      await repo.insert(Order, { ...huge, grams: -(1n << 63n) });
      await repo.insert(Order, { ...huge, id: 501, grams: -(1n << 63n) });
    });
    const least = from(Order).where({ kind: "a", cents: { gte: 0 } });
    expect(await repo.aggregate(least, "sum", "grams", { tenant })).toBeLessThan(-(1n << 63n));
    await repo.deleteAll(from(Order).where({ id: { gte: 500 } }), { tenant });
    await expectExact(tenant);
  });
});

describe("countBy", () => {
  test("reads a counter that has the field, and else an index or the rows", async () => {
    const wanted = new Map([
      [null, 10],
      ["Bergen", 10],
      ["Oslo", 10],
    ]);
    const work = await counted.measure(async () => {
      const counts = await repo.countBy(Order, "city", { tenant });
      expect([...counts]).toEqual([...wanted]);
    });
    expect([work.pointReads, work.rangeReads, work.keys]).toEqual([0, 1, 6]);
    const ofA = from(Order).where({ kind: "a" });
    const own = await counted.measure(async () =>
      expect([...(await repo.countBy(ofA, "city", { tenant }))]).toEqual([
        [null, 5],
        ["Bergen", 5],
        ["Oslo", 5],
      ]),
    );
    expect([own.rangeReads, own.keys]).toEqual([1, 3]);
    const oslo = from(Order).where({ city: "Oslo" });
    const rows = await counted.measure(async () =>
      expect([...(await repo.countBy(oslo, "city", { tenant }))]).toEqual([["Oslo", 10]]),
    );
    expect([rows.pointReads, rows.rangeReads, rows.keys]).toEqual([0, 1, 10]);
    expect((await repo.countBy(oslo, "grams", { tenant })).get(3n << 40n)).toBe(1);
    expect([...(await repo.countBy(oslo.limit(2), "kind", { tenant }))]).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
    const few = ofA.filter(({ id }) => id < 4).scan();
    expect([...(await repo.countBy(few, "city", { tenant }))]).toHaveLength(2);
    expect([...(await repo.countBy("orders" as never, "kind" as never, { tenant }))]).toEqual([
      ["a", 15],
      ["b", 15],
    ]);
  });

  test("refuses what has no order, what nothing serves, and unknown options", async () => {
    await expect(repo.countBy(Order, "extra", { tenant })).rejects.toBeInstanceOf(InvalidQueryError);
    const unserved = from(Order).where({ cents: 1 });
    await expect(repo.countBy(unserved, "city", { tenant })).rejects.toBeInstanceOf(UnsupportedQueryError);
    await expect(repo.countBy(Order, "city", { tenant, by: 1 } as never)).rejects.toThrow("by");
  });
});

describe("aggregate of distinct values", () => {
  test("counts equal values once: one request for each by an index, else every row", async () => {
    const cities = await counted.measure(async () =>
      expect(await repo.aggregate(Order, "count", "city", { tenant, distinct: true })).toBe(2),
    );
    expect([cities.rangeReads, cities.keys]).toEqual([4, 3]);
    const rows = await repo.all(Order, { tenant });
    const cents = [...new Set(rows.flatMap((row) => row.cents ?? []))];
    const total = cents.reduce((a, b) => a + b, 0);
    expect(await repo.aggregate(Order, "sum", "cents", { tenant, distinct: true })).toBe(total);
    expect(await repo.aggregate(Order, "avg", "cents", { tenant, distinct: true })).toBe(
      total / cents.length,
    );
    expect(await repo.aggregate(from(Order).limit(4), "count", "kind", { tenant, distinct: true })).toBe(2);
    expect(await repo.aggregate(Order, "count", "kind", { tenant, distinct: false })).toBe(30);
  });

  test("is refused where it says nothing", async () => {
    const wrong = async (...given: unknown[]) =>
      expect(
        (repo.aggregate as (...all: unknown[]) => Promise<unknown>)(Order, ...given),
      ).rejects.toBeInstanceOf(InvalidQueryError);
    await wrong("max", "cents", { tenant, distinct: true });
    await wrong("count", undefined, { tenant, distinct: true });
    await wrong("count", "city", { tenant, distinct: "yes" });
    await wrong("count", "extra", { tenant, distinct: true });
  });
});

test("a live sum is at any version what the rows add up to, and resumes", async () => {
  const sync = new Sync(repo);
  const queries = {
    cents: sync.sum(from(Order).where({ city: "Oslo" }), "cents"),
    grams: sync.sum(Order, "grams"),
    none: sync.sum(from(Order).where({ city: "Nowhere" }), "cents"),
  };
  const page = await sync.subscribe(tenant, queries);
  const expectLive = async (value: typeof page.value) => {
    const rows = await repo.all(Order, { tenant });
    expect(value.cents).toBe(added(rows.filter(({ city }) => city === "Oslo")));
    expect(value.grams).toBe(rows.reduce((all, { grams }) => all + grams, 0n));
    expect(value.none).toBeNull();
  };
  await expectLive(page.value);
  const cursor = page.cursor;
  const write = async () =>
    repo.transactional(
      tenant,
      async () => {
        await repo.updateAll(from(Order).where({ id: { in: [3, 6] } }), { cents: 1_000 });
        await repo.updateAll(from(Order).where({ id: 4 }), { city: "Oslo", cents: 5 });
        await repo.deleteAll(from(Order).where({ id: 9 }));
      },
      { returning: "version" },
    );
  const { version } = await write();
  await page.until(version);
  await expectLive(page.value);
  await page.close();
  const resumed = await sync.subscribe(tenant, queries, { resume: cursor });
  await resumed.until(version);
  await expectLive(resumed.value);
  await resumed.close();
  expect(() => sync.sum(Order, "ratio" as never)).toThrow(UnsupportedQueryError);
  expect(() => sync.sum(from(Order).limit(1), "cents")).toThrow(UnsupportedQueryError);
  await sync.close();
});
