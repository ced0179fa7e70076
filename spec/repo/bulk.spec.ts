import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  create,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  from,
  InvalidChangesetError,
  InvalidOptionsError,
  InvalidValueError,
  index,
  Migration,
  Multi,
  PrimaryKey,
  PrimaryKeyChangeError,
  Repo,
  Schema,
  Tenant,
  UnknownFieldError,
  UpdatedAt,
  type Versionstamp,
} from "../../lib/index.js";
import { countWork } from "./count-work.js";

@EmbeddedSchema()
class Place {
  @Field("string") declare city: string | null;
}

@Schema("goods")
class Good {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shelf: string;
  @Field("integer") declare stock: number | null;
  @Field("bigint") declare sold: bigint | null;
  @Field("decimal") declare price: string | null;
  @Field("float") declare weight: number | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field({ array: "date" }) declare days: string[] | null;
  @EmbedsOne(() => Place, { onReplace: "delete" }) declare place: EmbedsOne<Place>;
  @UpdatedAt() declare updatedAt: Date;
}

@Schema("archived")
class Archived {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare goodId: string;
  @Field("integer") declare stock: number;
}

@Schema("events")
class Happening {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare name: string;
}

class Goods extends Migration {
  override change() {
    return [create(index(Good, ["shelf"])), create(index(Archived, ["goodId"], { unique: true }))];
  }
}

const engine = await openEngine("memory:");
const counted = countWork(engine);
let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ engine: counted.engine, storageId: "bulk", migrations: [[1, Goods]] });
});
afterAll(async () => {
  await repo.close();
  await engine.close();
});

const before = new Date("2020-01-01T00:00:00Z");
const good = (id: string, attrs: object = {}) =>
  ({ id, shelf: "s", stock: 1, updatedAt: before, ...attrs }) as never as Good;
const all = from(Good);
let number = 0;
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, `t${number++}`);
});
const insertGoods = (...goods: readonly Good[]) => repo.insertAll(Good, goods, { tenant });
const stocks = async () => (await repo.all(all, { tenant })).map(({ stock }) => stock);

describe("updateAll with operators", () => {
  test("adds to numbers of every kind, exactly, and leaves null as it is", async () => {
    await insertGoods(
      good("a", { stock: 1, sold: 2n ** 70n, price: "0.10", weight: 0.5 }),
      good("b", { stock: null, sold: null, price: null, weight: null }),
    );
    const inc = { stock: -3, sold: 1n, price: "0.20", weight: 0.25 };
    expect(await repo.updateAll(all, { inc }, { tenant })).toEqual({ count: 2 });
    const [a, b] = await repo.all(all, { tenant });
    expect(a).toMatchObject({ stock: -2, sold: 2n ** 70n + 1n, price: "0.30", weight: 0.75 });
    expect(b).toMatchObject({ stock: null, sold: null, price: null, weight: null });
    expect(a!.updatedAt.getTime()).toBeGreaterThan(before.getTime());
    expect(b!.updatedAt).toEqual(before);
  });

  test("puts items into lists and takes them out", async () => {
    await insertGoods(good("a", { tags: ["x", "y", "x"] }), good("b", { tags: null }));
    await repo.updateAll(all, { push: { tags: "z", days: "2026-01-02" } }, { tenant });
    await repo.updateAll(all, { pull: { tags: "x" }, shelf: "t", set: { stock: 9 } }, { tenant });
    const rows = await repo.all(from(Good).where({ shelf: "t" }), { tenant });
    expect(rows.map(({ tags, days, stock }) => [tags, days, stock])).toEqual([
      [["y", "z"], ["2026-01-02"], 9],
      [["z"], ["2026-01-02"], 9],
    ]);
  });

  test("reads an index and each row once: 1,000 rows, no row beyond", async () => {
    const size = 1_000;
    await repo.insertAll(
      Good,
      Array.from({ length: size + 5 }, (_, i) => good(`g${i}`, { shelf: i < size ? "s" : "other" })),
      { tenant },
    );
    await repo.count(all, { tenant });
    const onShelf = from(Good).where({ shelf: "s" });
    const work = await counted.measure(() => repo.updateAll(onShelf, { inc: { stock: 1 } }, { tenant }));
    // A machine that is too slow for five seconds runs it again.
    const attempts = work.keys / size;
    expect([work.pointReads / attempts, work.writes / attempts, attempts < 4]).toEqual([size, size, true]);
    expect(await repo.count(from(Good).where({ id: { gte: "g" } }), { tenant })).toBe(size + 5);
    expect((await stocks()).filter((stock) => stock === 2)).toHaveLength(size);
  });

  test("follows filters, limits and batches", async () => {
    await insertGoods(...[1, 2, 3, 4].map((stock) => good(`g${stock}`, { stock })));
    const even = all.filter(({ stock }) => stock! % 2 === 0).scan();
    expect(await repo.updateAll(even, { inc: { stock: 10 } }, { tenant })).toEqual({ count: 2 });
    expect(await stocks()).toEqual([1, 12, 3, 14]);
    expect(await repo.updateAll(all.limit(1), { inc: { stock: 10 } }, { tenant })).toEqual({ count: 1 });
    const moves = from(Good).where({ shelf: { gte: "a" } });
    expect(await repo.updateAll(moves, { shelf: "z", inc: { stock: 1 } }, { tenant, batch: 1 })).toEqual({
      count: 4,
    });
    expect(await stocks()).toEqual([12, 13, 4, 15]);
  });

  test("moves the time of the change unless that is given", async () => {
    await insertGoods(good("a"));
    await repo.updateAll(all, { inc: { stock: 1 }, updatedAt: before }, { tenant });
    await repo.updateAll(all, ({ stock, updatedAt }) => ({ stock: stock! + 1, updatedAt }), { tenant });
    const [kept] = await repo.all(all, { tenant });
    expect([kept!.stock, kept!.updatedAt]).toEqual([3, before]);
    await repo.updateAll(all, ({ stock }) => ({ stock: stock! + 1 }), { tenant });
    expect((await repo.all(all, { tenant }))[0]!.updatedAt.getTime()).toBeGreaterThan(before.getTime());
  });

  test("takes embeds as attributes beside operators", async () => {
    await insertGoods(good("a"));
    await repo.updateAll(all, { place: { city: "Ulm" }, inc: { stock: 1 } } as never, { tenant });
    const [row] = await repo.all(all, { tenant });
    expect([row!.place, row!.stock]).toEqual([{ city: "Ulm" }, 2]);
    expect(row!.place).toBeInstanceOf(Place);
  });

  test("is refused for what it cannot do, and then nothing is stored", async () => {
    await insertGoods(good("a", { tags: ["x"] }), good("b", { stock: Number.MAX_SAFE_INTEGER }));
    const update = (changes: unknown) => repo.updateAll(all, changes as never, { tenant });
    for (const changes of [
      { inc: { shelf: 1 } },
      { push: { stock: 1 } },
      { pull: { shelf: "s" } },
      { inc: { stock: 1 }, stock: 2 },
      { set: { stock: 1 }, inc: { stock: 2 } },
      { push: { tags: "a" }, pull: { tags: "b" } },
      { set: { stock: undefined } },
      { inc: 1 },
      { inc: [] },
      [],
      7,
    ]) {
      await expect(update(changes)).rejects.toThrow(InvalidOptionsError);
    }
    await expect(update({ inc: { none: 1 } })).rejects.toThrow(UnknownFieldError);
    await expect(update({ dec: { stock: 1 } })).rejects.toThrow(UnknownFieldError);
    for (const changes of [{ inc: { stock: "1" } }, { inc: { stock: null } }, { push: { days: "soon" } }])
      await expect(update(changes)).rejects.toThrow(InvalidValueError);
    await expect(update({ inc: { stock: 1 } })).rejects.toThrow(InvalidChangesetError);
    await expect(update({ shelf: null })).rejects.toThrow(InvalidChangesetError);
    await expect(update({ id: "c" })).rejects.toThrow(PrimaryKeyChangeError);
    expect(await stocks()).toEqual([1, Number.MAX_SAFE_INTEGER]);
  });
});

describe("returning", () => {
  test("gives records, values or objects of what was written", async () => {
    const inserted = await repo.insertAll(Good, [good("a"), good("b")], { tenant, returning: "id" });
    expect(inserted).toEqual({ count: 2, records: ["a", "b"] });
    const updated = await repo.updateAll(all, { inc: { stock: 4 } }, { tenant, returning: ["id", "stock"] });
    expect(updated.records).toEqual([
      { id: "a", stock: 5 },
      { id: "b", stock: 5 },
    ]);
    const whole = await repo.updateAll(all, ({ stock }) => ({ stock: stock! + 1 }), {
      tenant,
      returning: true,
      batch: 1,
    });
    expect(whole.records).toEqual(await repo.all(all, { tenant }));
    const multi = new Multi().deleteAll("gone", all.limit(1));
    expect(await repo.transactional(tenant, multi)).toMatchObject({
      ok: true,
      value: { gone: { count: 1 } },
    });
    const deleted = await repo.deleteAll(all, { tenant, returning: "stock" });
    expect(deleted).toEqual({ count: 1, records: [6] });
    expect(await repo.deleteAll(all, { tenant })).toEqual({ count: 0 });
  });

  test("of keys that the commit assigns waits for it, or is refused inside of a transaction", async () => {
    const rows = [{ name: "a" }];
    const { records } = await repo.insertAll(Happening, rows, { tenant, returning: ["id", "name"] });
    expect(records[0]!.id.isComplete).toBe(true);
    const inside = repo.transactional(tenant, (tx) => tx.insertAll(Happening, rows, { returning: "id" }));
    await expect(inside).rejects.toThrow(InvalidOptionsError);
    expect(await repo.count(Happening, { tenant })).toBe(1);
  });

  test("is refused for what is no field", async () => {
    for (const returning of [false, 1, [], [1], { id: true }]) {
      const options = { tenant, returning } as never;
      await expect(repo.insertAll(Good, [good("a")], options)).rejects.toThrow(InvalidOptionsError);
      await expect(repo.updateAll(all, { stock: 1 }, options)).rejects.toThrow(InvalidOptionsError);
      await expect(repo.deleteAll(all, options)).rejects.toThrow(InvalidOptionsError);
    }
    await expect(repo.insertAll(Good, [good("a")], { tenant, returning: "no" } as never)).rejects.toThrow(
      UnknownFieldError,
    );
    expect(await repo.count(Good, { tenant })).toBe(0);
  });
});

describe("insertAll from a query", () => {
  const toArchive = ({ id, stock }: Good) => ({ goodId: id, stock: stock! });

  test("reads and inserts in one transaction", async () => {
    await insertGoods(good("a", { stock: 1 }), good("b", { stock: 2 }), good("c", { shelf: "t" }));
    const query = from(Good).where({ shelf: "s" });
    const { count, records } = await repo.insertAll(Archived, query, toArchive, {
      tenant,
      returning: "goodId",
    });
    expect([count, records]).toEqual([2, ["a", "b"]]);
    const plain = from(Good).where({ id: "c" }).select(["id", "stock"]);
    await repo.insertAll(Archived, plain, ({ id, stock }) => ({ goodId: id, stock: stock! }), { tenant });
    expect(await repo.count(Archived, { tenant })).toBe(3);
    await expect(repo.insertAll(Archived, query, toArchive, { tenant })).rejects.toThrow("unique");
    const again = await repo.insertAll(Archived, query, toArchive, {
      tenant,
      onConflict: "nothing",
      conflictTarget: ["goodId"],
    });
    expect(again.count).toBe(0);
  });

  test("runs in batches, each a transaction; of its own source only at once", async () => {
    await insertGoods(...[1, 2, 3, 4, 5].map((stock) => good(`g${stock}`, { stock })));
    const seen: number[] = [];
    const onProgress = ({ rows }: { rows: number }) => seen.push(rows);
    const work = await counted.measure(() =>
      repo.insertAll(Archived, from(Good), toArchive, { tenant, batch: 2, onProgress }),
    );
    expect([seen, work.commits]).toEqual([[2, 4, 5], 3]);
    const copies = { tenant, batch: 2 };
    const copy = (row: Good) => good(`${row.id} copy`);
    await expect(repo.insertAll(Good, all, copy, copies)).rejects.toThrow(InvalidOptionsError);
    expect((await repo.insertAll(Good, all, copy, { tenant })).count).toBe(5);
    expect(await repo.count(Good, { tenant })).toBe(10);
  });

  test("keeps what was made of a row through the attempts of its transaction", async () => {
    await insertGoods(good("a"));
    const ids: string[] = [];
    let attempts = 0;
    await repo.transactional(tenant, async (tx) => {
      const { records } = await tx.insertAll(Archived, from(Good), toArchive);
      ids.push(records[0]!.id);
      if (attempts++ > 0) return;
      await repo.outside(() => repo.updateAll(all, { stock: 5 }, { tenant }));
    });
    expect(attempts).toBe(2);
    expect(await repo.all(from(Archived).select("stock"), { tenant })).toEqual([5]);
  });

  test("is refused without a function, for rows that are no attributes, and for bad ones", async () => {
    await insertGoods(good("a"));
    await expect(repo.insertAll(Archived, all, 7 as never, { tenant })).rejects.toThrow(InvalidOptionsError);
    await expect(repo.insertAll(Archived, all, () => null as never, { tenant })).rejects.toThrow(
      InvalidOptionsError,
    );
    await expect(repo.insertAll(Archived, all.select("id") as never, { tenant })).rejects.toThrow(
      InvalidOptionsError,
    );
    await expect(
      repo.insertAll(Archived, all, () => ({ goodId: "a", stock: "x" }) as never, { tenant }),
    ).rejects.toThrow(InvalidChangesetError);
    expect(await repo.count(Archived, { tenant })).toBe(0);
  });
});
