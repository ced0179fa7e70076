import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import {
  change,
  counter,
  create,
  drop,
  Field,
  from,
  index,
  Migration,
  Migrator,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { countWork } from "./count-work.js";

@Schema("visits")
class Visit {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare page: string | null;
  @Field("string") declare country: string | null;
  @Field("integer") declare seconds: number;
  @Field("string") declare agent: string | null;
}

class Counters extends Migration {
  change() {
    return [
      create(counter(Visit)),
      create(counter(Visit, ["page", "country"])),
      create(counter(Visit, ["seconds"], { where: { agent: "bot" } })),
      create(index(Visit, ["agent"])),
    ];
  }
}

class NoCounters extends Migration {
  change() {
    return [
      drop(counter(Visit)),
      drop(counter(Visit, ["page", "country"])),
      drop(counter(Visit, ["seconds"])),
    ];
  }
}

let engine: Engine;
let counted: ReturnType<typeof countWork>;
let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  engine = await openEngine("memory:");
  counted = countWork(engine);
  repo = new Repo({ engine: counted.engine, storageId: "counters", migrations: [[1, Counters]] });
  tenant = await Tenant.openEmpty(repo, "visits");
  const rows = Array.from({ length: 60 }, (_, id) => ({
    id,
    page: id % 4 === 3 ? null : `p${id % 4}`,
    country: ["no", "de"][id % 2]!,
    seconds: id % 5,
    agent: id % 3 === 0 ? "bot" : null,
  }));
  await repo.insertAll(Visit, rows, { tenant });
});
afterAll(() => engine.close());

/** The count, and the point reads, range reads and keys that it took. */
async function count(query: Parameters<Repo["count"]>[0]) {
  let rows = 0;
  const { pointReads, rangeReads, keys } = await counted.measure(async () => {
    rows = await repo.count(query, { tenant });
  });
  return [rows, pointReads, rangeReads, keys];
}

describe("repo.count", () => {
  test("reads one number where a counter has exactly what is asked", async () => {
    expect(await count(from(Visit))).toEqual([60, 1, 0, 0]);
    expect(await count(from(Visit).orderBy("seconds").preload())).toEqual([60, 1, 0, 0]);
    expect(await count(from(Visit).where({ page: "p1", country: "de" }))).toEqual([15, 1, 0, 0]);
    expect(await count(from(Visit).where({ page: null, country: "de" }))).toEqual([15, 1, 0, 0]);
    expect(await count(from(Visit).where({ page: { in: ["p0", "p2", "p9"] }, country: "no" }))).toEqual([
      30, 3, 0, 0,
    ]);
    expect(await count(from(Visit).where({ seconds: 2, agent: "bot" }))).toEqual([4, 1, 0, 0]);
    expect(await count(from(Visit).where({ page: "p1" }).where({ page: "p2" }))).toEqual([0, 0, 0, 0]);
  });

  test("adds up a range of numbers where it has the first fields", async () => {
    expect(await count(from(Visit).where({ page: "p1" }))).toEqual([15, 0, 1, 1]);
    expect(await count(from(Visit).where({ page: { isNull: false } }))).toEqual([45, 0, 1, 3]);
    expect(await count(from(Visit).where({ seconds: { gte: 1, lt: 4 }, agent: "bot" }))).toEqual([
      12, 0, 1, 3,
    ]);
    expect(await count(from(Visit).where({ agent: "bot" }))).toEqual([20, 0, 1, 5]);
    expect(await count("visits" as never)).toEqual([60, 1, 0, 0]);
    expect(await count(from("visits").where({ page: "p1", country: "de" }))).toEqual([15, 1, 0, 0]);
  });

  test("counts rows where no counter has it, as it was asked", async () => {
    expect(await count(from(Visit).where({ agent: null }))).toEqual([40, 0, 1, 40]);
    expect((await count(from(Visit).limit(7)))[0]).toBe(7);
    expect((await count(from(Visit).filter(({ seconds }) => seconds > 3)))[0]).toBe(12);
    expect((await count(from(Visit).distinct("agent")))[0]).toBe(2);
    await expect(repo.count(from(Visit).where({ country: "no" }), { tenant })).rejects.toThrow(
      UnsupportedQueryError,
    );
    await expect(repo.count(from(Visit).where({ seconds: 2 }), { tenant })).rejects.toThrow(
      UnsupportedQueryError,
    );
  });

  test("sees the writes of its own transaction, and conflicts with those of others", async () => {
    await repo.transactional(tenant, async () => {
      await repo.insert(Visit, { id: 100, page: "p1", country: "de", seconds: 0 });
      expect(await repo.count(from(Visit).where({ page: "p1", country: "de" }))).toBe(16);
      await repo.update(change(await repo.getOrThrow(Visit, 100), { page: "new" }));
      expect(await repo.count(from(Visit).where({ page: { in: ["p1", "new"] }, country: "de" }))).toBe(16);
      expect(await repo.count(from(Visit).where({ page: "new" }))).toBe(1);
      return repo.rollback();
    });
    let attempts = 0;
    await repo.transactional(tenant, async (tx) => {
      const visits = await tx.count(Visit);
      if (attempts++ === 0)
        await new Repo({ engine, storageId: "counters" }).insert(Visit, { id: 101, seconds: 9 }, { tenant });
      await tx.insert(Visit, { id: 200 + visits, seconds: 9 });
    });
    expect(attempts).toBe(2);
    expect(await repo.get(Visit, 261, { tenant })).not.toBeNull();
    expect(await repo.deleteAll(from(Visit).where({ id: { gte: 100 } }), { tenant })).toEqual({ count: 2 });
    expect(await repo.count(Visit, { tenant })).toBe(60);
  });

  test("does without a counter that was dropped", async () => {
    await Migrator.up(repo, tenant, [
      [1, Counters],
      [2, NoCounters],
    ]);
    expect(await repo.count(Visit, { tenant })).toBe(60);
    expect(await count(from(Visit))).toEqual([60, 0, 1, 60]);
  });
});
