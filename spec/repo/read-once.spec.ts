import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  getMeta,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";
import { lateEngine } from "../../lib/testing/index.js";
import { countWork } from "./count-work.js";

@Schema("parcels")
class Parcel {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shelf: string;
  @Field("integer") declare weight: number;
  @Field("string") declare text: string | null;
  @Field("json") declare more: { n: number } | null;
  @Field("string", { virtual: true }) declare label: string | null;
}

/** Another release, which lacks a field. */
@Schema("parcels")
class Bare {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shelf: string;
  @Field("integer") declare weight: number;
}

class Parcels extends Migration {
  change() {
    return [create(metadata(Parcel)), create(index(Parcel, ["shelf"])), create(index(Parcel, ["weight"]))];
  }
}

let engine: Engine;
let counted: ReturnType<typeof countWork>;
let repo: Repo;
let tenant: Tenant;
let number = 0;
const options = { storageId: "once", migrations: [[1, Parcels]] } as const;
beforeAll(async () => {
  engine = await openEngine("memory:");
  counted = countWork(engine);
  repo = new Repo({ engine: counted.engine, ...options });
});
afterAll(async () => {
  await repo.close();
  await engine.close();
});
const all = from(Parcel);
const onShelf = from(Parcel).where({ shelf: "s" });
const parcel = (id: string, attrs: object = {}) => ({
  id,
  shelf: "s",
  weight: 1,
  text: null,
  more: null,
  ...attrs,
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, `t${number++}`);
  await repo.insertAll(Parcel, ["a", "b", "c", "d"].map((id) => parcel(id)) as never, { tenant });
  await repo.count(all, { tenant });
});
const weights = async () =>
  Object.fromEntries((await repo.all(all, { tenant })).map(({ id, weight }) => [id, weight]));
/** What the index says, which must be what the rows say. */
const byWeight = async (weight: number) =>
  (await repo.all(from(Parcel).where({ weight }).select("id"), { tenant })) as string[];

test.each([
  ["values, along the key", () => repo.updateAll(all, { weight: 2 }, { tenant }), 0],
  ["operators, along the key", () => repo.updateAll(all, { inc: { weight: 1 } }, { tenant }), 0],
  ["operators, by an index", () => repo.updateAll(onShelf, { inc: { weight: 1 } }, { tenant }), 4],
  ["a function, along the key", () => repo.updateAll(all, () => ({ weight: 2 }), { tenant }), 0],
  ["a function, by an index", () => repo.updateAll(onShelf, () => ({ weight: 2 }), { tenant }), 4],
  ["deletion, along the key", () => repo.deleteAll(all, { tenant }), 0],
  ["deletion, by an index", () => repo.deleteAll(onShelf, { tenant }), 4],
])("what a query has read is not read again to be written: %s", async (_, run, pointReads) => {
  const work = await counted.measure(run);
  expect([work.rangeReads, work.keys, work.pointReads]).toEqual([1, 4, pointReads]);
});

test("a filter that changes what it is given changes nothing that is stored", async () => {
  await repo.updateAll(all, { more: { n: 1 } } as never, { tenant });
  const spoiled = all.filter((row) => {
    row.weight = 100;
    row.more!.n = 100;
    return true;
  });
  await repo.updateAll(spoiled.scan(), { inc: { weight: 1 } }, { tenant });
  await repo.updateAll(spoiled.scan(), ({ weight }) => ({ text: String(weight) }), { tenant });
  expect(await weights()).toEqual({ a: 2, b: 2, c: 2, d: 2 });
  expect([(await byWeight(2)).length, (await byWeight(100)).length]).toEqual([4, 0]);
  expect((await repo.get(Parcel, "a", { tenant }))!.more).toEqual({ n: 1 });
  await repo.deleteAll(spoiled.scan(), { tenant });
  expect([await repo.count(all, { tenant }), (await byWeight(2)).length]).toEqual([0, 0]);
});

test("a function that changes its record in place changes what it gives back, and entries follow", async () => {
  await repo.updateAll(
    all,
    (row) => {
      row.weight += 4;
      row.more = { n: row.weight };
      return row;
    },
    { tenant },
  );
  expect([await byWeight(5), await byWeight(1)]).toEqual([["a", "b", "c", "d"], []]);
});

test("virtual fields that a function sets are given back, and nothing is written for them alone", async () => {
  const work = await counted.measure(async () => {
    const { records } = await repo.updateAll(from(Parcel).where({ id: "a" }), () => ({ label: "seen" }), {
      tenant,
      returning: true,
    });
    expect(records.map(({ id, label }) => [id, label])).toEqual([["a", "seen"]]);
  });
  expect(work.writes).toBe(0);
  const { records } = await repo.updateAll(
    from(Parcel).where({ id: "a" }),
    { weight: 9 },
    { tenant, returning: true },
  );
  expect(records[0]!.label).toBeNull();
});

test("long records lose their chunks, and what the schema does not know stays", async () => {
  const long = "x".repeat(200_000);
  await repo.updateAll(all, { text: long }, { tenant });
  await repo.updateAll(from(Bare), { inc: { weight: 1 } }, { tenant });
  expect((await repo.all(all, { tenant })).map(({ text, weight }) => [text === long, weight])).toEqual(
    Array.from({ length: 4 }, () => [true, 2]),
  );
  await repo.updateAll(all, { text: "short" }, { tenant });
  await repo.updateAll(all, ({ text }) => ({ text: `${text}er` }), { tenant });
  const work = await counted.measure(async () => {
    expect((await repo.all(all, { tenant })).map(({ text }) => text)).toEqual(Array(4).fill("shorter"));
  });
  expect(work.keys).toBe(4);
  const [bare] = await repo.all(from(Bare), { tenant });
  expect([...getMeta(bare!)!.unknownFields!]).toEqual([["text", "shorter"]]);
  await repo.updateAll(all, { text: long }, { tenant });
  await repo.deleteAll(all, { tenant });
  expect((await counted.measure(() => repo.all(all, { tenant }))).keys).toBe(0);
});

test("a row that two pages come upon is written by the second as the first has left it", async () => {
  await repo.updateAll(
    from(Parcel).where({ weight: { gte: 0 } }),
    ({ weight }) => ({ weight: weight + 10 }),
    { tenant, batch: 1 },
  );
  expect(await weights()).toEqual({ a: 11, b: 11, c: 11, d: 11 });
});

describe.each(["plain", "late"] as const)("on the %s engine", (kind) => {
  const opened = (seed: number) =>
    new Repo({ engine: kind === "late" ? lateEngine(engine, { seed, turns: 4 }) : engine, ...options });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "writes beside each other in one transaction lose nothing (%i)",
    async (seed) => {
      const own = opened(seed);
      const of = await Tenant.open(own, tenant.id);
      const [a, b] = await own.all(all, { tenant: of });
      // Writes of several rows work beside those of one: which of them is the last is open, but none undoes another.
      await own.transactional(of, async (tx) => {
        await Promise.all([
          tx.updateAll(all, { inc: { weight: 1 } }),
          tx.update(change(a!, { text: "a" })),
          tx.updateAll(onShelf, ({ weight }) => ({ weight: weight + 10 })),
          tx.delete(b!),
          tx.transactional(async (part) => part.updateAll(all, { inc: { weight: 100 } })),
          tx.updateAll(onShelf, { text: "all" }),
          tx.update(change(a!, { more: { n: 1 } })),
        ]);
      });
      expect(await weights()).toEqual({ a: 112, c: 112, d: 112 });
      expect(await byWeight(112)).toEqual(["a", "c", "d"]);
      for (const weight of [1, 2, 11, 12, 101, 102, 111]) expect(await byWeight(weight)).toEqual([]);
      expect(await repo.get(Parcel, "a", { tenant })).toMatchObject({ more: { n: 1 } });
      expect((await repo.all(all, { tenant })).slice(1).map(({ text }) => text)).toEqual(["all", "all"]);
      await own.close();
    },
  );

  test("writers in transactions of their own count one by one, whatever each has read", async () => {
    const own = opened(9);
    const of = await Tenant.open(own, tenant.id);
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        i % 3 === 0
          ? own.updateAll(all, { inc: { weight: 1 } }, { tenant: of })
          : i % 3 === 1
            ? own.updateAll(onShelf, ({ weight }) => ({ weight: weight + 1 }), { tenant: of })
            : own.transactional(of, (tx) => tx.updateAll(all, { inc: { weight: 1 } }), { snapshot: true }),
      ),
    );
    expect(await weights()).toEqual({ a: 13, b: 13, c: 13, d: 13 });
    expect(await byWeight(13)).toHaveLength(4);
    await own.close();
  });

  test("what is deleted beside it is none of its rows", async () => {
    const own = opened(10);
    const of = await Tenant.open(own, tenant.id);
    const [changed, gone] = await own.transactional(of, (tx) =>
      Promise.all([tx.updateAll(all, { weight: 7 }), tx.deleteAll(from(Parcel).where({ id: { lt: "c" } }))]),
    );
    expect(gone.count).toBe(2);
    // Either of the two may come upon a row of both first.
    expect([2, 3, 4]).toContain(changed.count);
    expect(await weights()).toEqual({ c: 7, d: 7 });
    await own.close();
  });
});
