import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, firstGreaterOrEqual, openEngine, transact } from "../../lib/engine/index.js";
import {
  BelongsTo,
  ConstraintError,
  change,
  checkTenant,
  create,
  deleteField,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  from,
  getMeta,
  HasMany,
  index,
  Migration,
  MigrationError,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
  type Versionstamp,
} from "../../lib/index.js";
import { internals } from "../../lib/repo/internals.js";
import { countWork } from "./count-work.js";

@EmbeddedSchema()
class Size {
  @Field("integer") declare width: number;
}

@Schema("shelves")
class Shelf {
  @PrimaryKey("string") declare id: string;
  @HasMany(() => Thing, "shelf") declare things: HasMany<Thing>;
}

@Schema("things")
class Thing {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shelf: string;
  @Field("integer") declare stock: number;
  @Field("string") declare code: string | null;
  @Field("string") declare text: string | null;
  @Field("json") declare more: unknown;
  @EmbedsOne(() => Size, { onReplace: "delete" }) declare size: Size | null;
  @BelongsTo(() => Shelf, "shelf") declare on: BelongsTo<Shelf>;
}

/** Another release: without a field, and with the others in another order. */
@Schema("things")
class Other {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare code: string | null;
  @Field("integer") declare stock: number;
  @Field("string") declare shelf: string;
}

@Schema("events")
class Happening {
  @PrimaryKey("versionstamp", { partitionBy: "room" }) declare id: Versionstamp;
  @Field("string") declare room: string;
  @Field("string") declare kind: string;
  @Field("string") declare slot: string | null;
}

class Things extends Migration {
  change() {
    return [
      create(metadata(Thing)),
      create(index(Thing, ["shelf", "stock"], { include: "all" })),
      create(index(Thing, ["code"], { unique: true, include: "all" })),
      create(index(Thing, ["stock"], { include: "all", where: { stock: { gte: 100 } }, name: "full" })),
      create(index(Happening, ["kind"], { include: "all" })),
      create(index(Happening, ["slot"], { include: "all", unique: true })),
    ];
  }
}

class Logged extends Migration {
  change() {
    return [create(metadata(Thing))];
  }
}

class Whole extends Migration {
  change() {
    return [create(index(Thing, ["shelf", "stock"], { include: "all" }))];
  }
}

let engine: Engine;
let counted: ReturnType<typeof countWork>;
let repo: Repo;
let tenant: Tenant;
let number = 0;
beforeAll(async () => {
  engine = await openEngine("memory:");
  counted = countWork(engine);
  repo = new Repo({ engine: counted.engine, storageId: "whole", migrations: [[1, Things]] });
});
afterAll(async () => {
  await repo.close();
  await engine.close();
});
const thing = (id: string, attrs: object = {}) => ({
  id,
  shelf: "s",
  stock: 1,
  code: null,
  text: "t",
  more: { list: [1, null, { x: "y" }] },
  size: { width: 3 },
  ...attrs,
});
const onShelf = from(Thing).where({ shelf: "s" });
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, `t${number++}`);
  await repo.insertAll(
    Thing,
    [
      thing("c"),
      thing("a", { stock: 2, code: "k" }),
      thing("b", { text: null, size: null, stock: 100 }),
    ] as never,
    { tenant },
  );
  await repo.count(from(Thing), { tenant });
});
const options = () => ({ tenant });
const problems = async (repair = false, of = repo) => {
  const { engine: opened, metadata: cache } = internals(of);
  const host = { engine: async () => opened(), metadata: cache };
  return (await checkTenant(host, tenant, { repair })).problems;
};
const rowsOf = async () => {
  const { prefix } = tenant;
  const [begin, end] = [prefix, Buffer.concat([prefix, Buffer.of(0xff)])];
  return transact(
    engine,
    async (tx) => (await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end))).rows,
  );
};
const keys = async () => (await rowsOf()).length;

/** Overwrites what an index holds of the record whose text this is, as a fault would. */
async function spoil(name: string, text: string): Promise<void> {
  const rows = await rowsOf();
  await transact(engine, async (tx) => {
    for (const [key, value] of rows) {
      const told = Buffer.from(value);
      if (!Buffer.from(key).includes(name) || !told.includes(text)) continue;
      told.write(text.toUpperCase(), told.indexOf(text));
      tx.set(key, told);
    }
  });
}

describe("an index that holds the records", () => {
  test.each([
    ["all", () => repo.all(onShelf, options())],
    ["all in another order", () => repo.all(onShelf.orderBy({ stock: "desc" }), options())],
    ["select", () => repo.all(onShelf.select(["id", "text"]), options())],
    ["selectRecord", () => repo.all(onShelf.selectRecord(["id", "more"]), options())],
    ["filter", () => repo.all(onShelf.filter(({ text }) => text === "t").scan(), options())],
    ["conditions that no key tells", () => repo.all(onShelf.where({ text: "t" }).scan(), options())],
    ["one", () => repo.one(onShelf.limit(1), options())],
    ["getBy, unique", () => repo.getBy(Thing, { code: "k" }, options())],
    ["in", () => repo.all(from(Thing).where({ shelf: { in: ["s", "r"] } }), options())],
    ["or", () => repo.all(from(Thing).where({ or: [{ shelf: "s" }, { code: "k" }] }), options())],
    ["partial", () => repo.all(from(Thing).where({ stock: { gte: 100 } }), options())],
    ["page", async () => (await repo.page(onShelf, { limit: 2, tenant })).rows],
    [
      "stream",
      async () => {
        const rows: Thing[] = [];
        for await (const row of repo.stream(onShelf, options())) rows.push(row);
        return rows;
      },
    ],
  ])("tells them without another read: %s", async (_, read) => {
    let found: unknown;
    const work = await counted.measure(async () => {
      found = await read();
    });
    expect(work.pointReads).toBe(_ === "getBy, unique" || _ === "or" ? 1 : 0);
    await repo.transactional(tenant, async () => {
      // The same records by their keys.
      const byKey = await repo.all(from(Thing).where({ id: { gte: "" } }));
      const plain = (record: object) => ({ ...record });
      for (const record of [found].flat() as Thing[]) {
        const whole = byKey.find(({ id }) => id === record.id)!;
        expect(plain(whole)).toMatchObject(plain(record));
        if (record instanceof Thing && _ !== "selectRecord") {
          expect(plain(record)).toEqual(plain(whole));
          expect(getMeta(record)).toEqual(getMeta(whole));
        }
      }
    });
    expect([found].flat().length).toBeGreaterThan(0);
  });

  test("preloads its records, and they can be changed", async () => {
    await repo.insert(Shelf, { id: "s" }, { tenant });
    const shelf = (await repo.get(Shelf, "s", options()))!;
    const work = await counted.measure(async () => {
      const { things } = await repo.preload(shelf, "things", options());
      expect(things.map(({ id }) => id)).toEqual(["c", "a", "b"]);
      await repo.update(change(things[0]!, { text: "changed" }));
    });
    expect([work.rangeReads, work.keys, work.pointReads]).toEqual([1, 3, 1]);
    expect((await repo.all(onShelf.select("text"), options())) as unknown[]).toEqual(["changed", "t", null]);
    expect(await problems()).toEqual([]);
  });

  test("updateAll with inc reads 1,000 rows of it and no row beyond; so does deleteAll", async () => {
    await repo.insertAll(
      Thing,
      Array.from({ length: 1_000 }, (_, i) => thing(`n${i}`, { shelf: "many" })) as never,
      { tenant, batch: 250 },
    );
    const many = from(Thing).where({ shelf: "many" });
    const work = await counted.measure(() => repo.updateAll(many, { inc: { stock: 1 } }, options()));
    // A machine that is too slow for five seconds runs it again.
    const attempts = work.keys / 1_000;
    expect([work.pointReads, work.rangeReads / attempts >= 1, attempts < 4]).toEqual([0, true, true]);
    expect(await repo.count(many.where({ stock: 2 }), options())).toBe(1_000);
    expect(
      await repo.aggregate(from(Thing).where({ id: { startsWith: "n" } }), "sum", "stock", options()),
    ).toBe(2_000);
    expect((await counted.measure(() => repo.deleteAll(many, options()))).pointReads).toBe(0);
    expect(await repo.count(from(Thing), options())).toBe(3);
    expect(await problems()).toEqual([]);
  });

  test("long records are read by their keys, in the same order", async () => {
    const long = "\0".repeat(46_000);
    const longer = "x".repeat(300_000);
    await repo.update(change((await repo.get(Thing, "a", options()))!, { text: long }));
    await repo.update(change((await repo.get(Thing, "b", options()))!, { text: longer }));
    const work = await counted.measure(async () => {
      const rows = await repo.all(onShelf, options());
      expect(rows.map(({ id, text }) => [id, text])).toEqual([
        ["c", "t"],
        ["a", long],
        ["b", longer],
      ]);
    });
    expect(work.pointReads).toBe(2);
    expect((await repo.getBy(Thing, { code: "k" }, options()))!.text).toBe(long);
    const either = await repo.all(from(Thing).where({ or: [{ shelf: "s" }, { code: "k" }] }), options());
    expect(either.map(({ text }) => text!.length).sort()).toEqual([1, 300_000, 46_000]);
    await repo.updateAll(onShelf, { inc: { stock: 1 }, text: "short" }, options());
    expect(await problems()).toEqual([]);
    // Just short enough to be held by a unique entry, which takes twice the room for zeros.
    await repo.updateAll(onShelf, { text: "\0".repeat(44_800) }, options());
    expect((await counted.measure(() => repo.all(onShelf, options()))).pointReads).toBe(0);
    expect((await repo.getBy(Thing, { code: "k" }, options()))!.text).toHaveLength(44_800);
    expect(await problems()).toEqual([]);
  });

  test("keeps unique values, with keys that the commit gives too", async () => {
    await expect(repo.insert(Thing, thing("d", { code: "k" }) as never, options())).rejects.toThrow(
      ConstraintError,
    );
    const event = await repo.insert(Happening, { room: "r", kind: "x", slot: "1" }, options());
    await repo.insert(Happening, { room: "q", kind: "x", slot: null }, options());
    await expect(repo.insert(Happening, { room: "r", kind: "y", slot: "1" }, options())).rejects.toThrow(
      ConstraintError,
    );
    const work = await counted.measure(async () => {
      const found = await repo.getBy(Happening, { slot: "1" }, options());
      expect({ ...found }).toEqual({ ...event });
      const both = await repo.all(from(Happening).where({ kind: "x" }), options());
      expect(both.map(({ room, slot }) => [room, slot])).toEqual(
        expect.arrayContaining([
          ["r", "1"],
          ["q", null],
        ]),
      );
    });
    expect(work.pointReads).toBe(1);
    const swapped = await repo.insert(Thing, thing("e", { code: "k", text: "upserted" }) as never, {
      tenant,
      onConflict: { replace: ["text"] },
      conflictTarget: ["code"],
    });
    expect([swapped.id, swapped.text]).toEqual(["a", "upserted"]);
    expect((await repo.getBy(Thing, { code: "k" }, options()))!.text).toBe("upserted");
    expect(await problems()).toEqual([]);
  });

  test("another release keeps what it does not know, and its entries are right to both", async () => {
    await repo.updateAll(from(Other).where({ shelf: "s" }), { inc: { stock: 5 } }, options());
    const rows = await repo.all(onShelf, options());
    expect(rows.map(({ id, stock, more, size }) => [id, stock, more, size?.width])).toEqual([
      ["c", 6, thing("c").more, 3],
      ["a", 7, thing("a").more, 3],
      ["b", 105, thing("b").more, undefined],
    ]);
    expect(await problems()).toEqual([]);
    const [other] = await repo.all(from(Other).where({ shelf: "s" }), options());
    await repo.update(change(other!, { code: "new" }), options());
    expect((await repo.getBy(Thing, { code: "new" }, options()))!.text).toBe("t");
    const before = await keys();
    const removed = await deleteField(internalsHost(), tenant, Other as never, "text");
    // Nothing is told in the log of what no schema has.
    expect([removed.changed, await keys()]).toEqual([2, before]);
    const work = await counted.measure(async () => {
      const left = await repo.all(onShelf, options());
      expect(left.map(({ text }) => text)).toEqual([null, null, null]);
    });
    expect(work.pointReads).toBe(0);
    expect(await problems()).toEqual([]);
  });

  test("is built of rows whose fields another release has stored in another order", async () => {
    const own = { engine, storageId: "whole later", migrations: [[1, Logged]] } as const;
    const early = new Repo(own);
    tenant = await Tenant.openEmpty(early, "t");
    await early.insertAll(
      Other,
      [1, 2, 3].map((n) => ({ id: `o${n}`, shelf: "s", stock: n, code: null })),
      { tenant },
    );
    await early.close();
    const late = new Repo({ ...own, migrations: [...own.migrations, [2, Whole]] });
    tenant = await Tenant.open(late, "t");
    const rows = await late.all(onShelf, options());
    expect(rows.map(({ id, stock, text }) => [id, stock, text])).toEqual([
      ["o1", 1, null],
      ["o2", 2, null],
      ["o3", 3, null],
    ]);
    expect(await problems(false, late)).toEqual([]);
    await late.close();
  });

  test("live queries follow it", async () => {
    const sync = new Sync(repo);
    const page = await sync.subscribe(tenant, {
      rows: sync.all(onShelf),
      texts: sync.all(onShelf.select("text")),
    });
    expect(page.value.texts).toEqual(["t", "t", null]);
    const { version } = await repo.transactional(
      tenant,
      async (tx) => {
        await tx.updateAll(onShelf, { inc: { stock: 200 } });
        await tx.updateAll(from(Thing).where({ id: "b" }), { text: "b" });
        await tx.deleteAll(from(Thing).where({ id: "a" }));
      },
      { returning: "version" },
    );
    await page.until(version);
    expect(page.value.rows.map(({ id, stock, text }) => [id, stock, text])).toEqual([
      ["c", 201, "t"],
      ["b", 300, "b"],
    ]);
    expect(page.value.texts).toEqual(["t", "b"]);
    await page.close();
    await sync.close();
  });

  test("an entry that tells something else than the record is found and put right", async () => {
    await repo.updateAll(from(Thing).where({ id: { in: ["a", "c"] } }), { text: "needle" }, options());
    await spoil("things_shelf_stock_index", "needle");
    await spoil("things_code_index", "needle");
    expect((await repo.getBy(Thing, { code: "k" }, options()))!.text).toBe("NEEDLE");
    const found = (await problems(true)).map(({ kind, index: name, record }) => [kind, name, ...record]);
    expect(found.sort()).toEqual([
      ["wrong-entry", "things_code_index", "a"],
      // Without a value nothing is unique, and the entry is one of many.
      ["wrong-entry", "things_code_index", "c"],
      ["wrong-entry", "things_shelf_stock_index", "a"],
      ["wrong-entry", "things_shelf_stock_index", "c"],
    ]);
    expect(await problems()).toEqual([]);
    expect((await repo.getBy(Thing, { code: "k" }, options()))!.text).toBe("needle");
  });

  test("is refused where it cannot be", () => {
    const refused = (fields: string[], given: object) =>
      expect(() => index(Thing, fields as never, given as never)).toThrow(MigrationError);
    refused(["shelf"], { include: "some" });
    refused(["shelf"], { include: [1] });
    refused(["shelf"], { include: { all: true } });
    refused(["shelf"], { include: null });
    refused(["shelf"], { include: "all", indexer: "text" });
    expect(() => index(Tagged, ["tags"], { each: true, include: "all" })).toThrow(
      /one entry for each record/,
    );
  });
});

@Schema("tagged")
class Tagged {
  @PrimaryKey("string") declare id: string;
  @Field({ array: "string" }) declare tags: string[];
}

function internalsHost() {
  const { engine: opened, metadata: cache } = internals(repo);
  return { engine: async () => opened(), metadata: cache } as never;
}
