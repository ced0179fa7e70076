import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  getMeta,
  InvalidOptionsError,
  InvalidQueryError,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
  UnknownFieldError,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { countWork } from "./count-work.js";

@Schema("tasks")
class Task {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare list: string;
  @Field("string") declare title: string;
  @Field("integer") declare due: number | null;
  @Field("integer") declare rank: number;
  @Field("string") declare note: string | null;
}

class Tasks extends Migration {
  change() {
    return [
      create(index(Task, ["list", "due"], { include: ["title"] })),
      create(index(Task, ["rank"])),
      create(index(Task, ["list", "rank"])),
      create(metadata(Task)),
    ];
  }
}

const rows = [
  { id: "a", list: "x", title: "A", due: 3, rank: 1, note: "n" },
  { id: "b", list: "x", title: "B", due: null, rank: 2, note: null },
  { id: "c", list: "x", title: "C", due: 1, rank: 2, note: null },
  { id: "d", list: "x", title: "D", due: null, rank: 2, note: null },
  { id: "e", list: "y", title: "E", due: 2, rank: 3, note: null },
];

let engine: Engine;
let counted: ReturnType<typeof countWork>;
let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  engine = await openEngine("memory:");
  counted = countWork(engine);
  repo = new Repo({ engine: counted.engine, storageId: "shapes", migrations: [[1, Tasks]] });
  tenant = await Tenant.openEmpty(repo, "t");
  await repo.insertAll(Task, rows, { tenant });
});
afterAll(async () => {
  await repo.close();
  await engine.close();
});

const all = <R>(query: Parameters<Repo["all"]>[0]) => repo.all(query, { tenant }) as Promise<R[]>;
const ids = async (query: Parameters<Repo["all"]>[0]) =>
  (await all<{ id: string }>(query)).map(({ id }) => id).join("");
const inX = from(Task).where({ list: "x" });

describe("select", () => {
  test("gives fields other names, by the index alone where that has them", async () => {
    const query = inX.orderBy("due").select({ key: "id", name: "title", again: "title" });
    expect(await all(query)).toEqual(
      ["b", "d", "c", "a"].map((id) => ({ key: id, name: id.toUpperCase(), again: id.toUpperCase() })),
    );
    expect((await repo.explain(query, { tenant })).fetchesRows).toBe(false);
    expect((await repo.page(query, { limit: 1, tenant })).rows).toEqual([
      { key: "b", name: "B", again: "B" },
    ]);
  });

  test("adds fields to those that are selected; a name that is taken is replaced", async () => {
    const first = from(Task).where({ id: "a" });
    expect(await all(first.select(["id"]).addSelect({ id: "title", due: "due" }))).toEqual([
      { id: "A", due: 3 },
    ]);
    expect(await all(first.addSelect(["note"]))).toEqual([{ note: "n" }]);
    expect(() => first.select("id").addSelect(["note"])).toThrow('.select(["id"]) before it');
    expect(() => first.selectRecord(["id"]).addSelect(["note"])).toThrow(InvalidQueryError);
  });

  test("of a source name, any name is one of the row's own", async () => {
    const query = from("tasks").where({ id: "a" });
    expect(await all(query.select({ constructor: "title" } as never))).toEqual([{ constructor: "A" }]);
    expect(() => query.select(JSON.parse('{"__proto__": "title"}'))).toThrow(InvalidQueryError);
    expect(() => query.selectRecord(["title"])).toThrow("use from(Schema)");
  });

  test("refuses what names no fields", () => {
    for (const wrong of [[], {}, { a: 1 }, [1], null, 7, new Map(), ["id", undefined]]) {
      expect(() => inX.select(wrong as never)).toThrow();
      expect(() => inX.addSelect(wrong as never)).toThrow();
    }
    expect(() => inX.select({ a: "titel" } as never)).toThrow(UnknownFieldError);
    expect(() => inX.selectRecord("id" as never)).toThrow('.selectRecord(["id", "name"])');
  });
});

describe("selectRecord", () => {
  test("gives records that hold these fields and their key, which can be updated without losing others", async () => {
    const [found] = await all<Task>(from(Task).where({ id: "a" }).selectRecord(["title"]));
    expect(found).toBeInstanceOf(Task);
    expect({ ...found }).toEqual({ id: "a", title: "A" });
    expect(getMeta(found as Task)?.state).toBe("loaded");
    const updated = await repo.update(change(found as Task, { title: "A2" }));
    expect({ ...updated }).toEqual({ ...rows[0], title: "A2" });
    await repo.update(change(updated, { title: "A" }));
  });

  test("by an index that covers them, without reading a row; they know their tenant", async () => {
    const query = inX.orderBy("due").selectRecord(["title"]).limit(1);
    const work = await counted.measure(async () => {
      const [found] = await all<Task>(query);
      expect({ ...found }).toEqual({ id: "b", title: "B" });
      expect(getMeta(found as Task)?.tenant).toBe(tenant);
      expect(found).toBeInstanceOf(Task);
    });
    expect([work.pointReads, work.rangeReads, work.keys]).toEqual([0, 1, 1]);
  });
});

describe("exclude and orders", () => {
  test("takes parts away, and leaves the others", async () => {
    const query = inX.orderBy({ due: "desc" }).limit(1).select("id").scan();
    expect(await all(query)).toEqual(["a"]);
    expect(await all(query.exclude("limit"))).toEqual(["a", "c", "d", "b"]);
    expect(await ids(query.exclude("where", "orderBy", "limit", "select"))).toBe("abcde");
    expect(await ids(inX.reverseOrder().exclude("orderBy"))).toBe("bdca");
    expect(await ids(inX.filter(() => false).exclude("filter"))).toBe("bdca");
    expect(() => inX.exclude("order" as never)).toThrow("orderBy");
    expect(() => inX.exclude("toString" as never)).toThrow(InvalidQueryError);
  });

  test("prependOrderBy comes before, first and last take an order", async () => {
    expect(await ids(from(Task).orderBy("id").prependOrderBy({ list: "desc" }))).toBe("eabcd");
    expect(await ids(from(Task).first({ rank: "desc" }))).toBe("e");
    expect(await ids(from(Task).last("rank"))).toBe("e");
    expect(await ids(inX.first("due"))).toBe("b");
  });
});

describe("nulls", () => {
  const asc = { due: { direction: "asc", nulls: "last" } } as const;
  const desc = { due: { direction: "desc", nulls: "first" } } as const;

  test("at the other end are a key range of their own, with a limit too", async () => {
    expect(await ids(inX.orderBy(asc))).toBe("cabd");
    expect(await ids(inX.orderBy(asc).reverseOrder())).toBe("dbac");
    expect(await ids(inX.orderBy(desc))).toBe("dbac");
    expect(await ids(inX.orderBy(desc).limit(3))).toBe("dba");
    const work = await counted.measure(async () => expect(await ids(inX.orderBy(asc).limit(3))).toBe("cab"));
    expect([work.rangeReads, work.keys]).toEqual([2, 3]);
    const plan = await repo.explain(inX.orderBy(asc).limit(3), { tenant });
    expect([plan.requests, plan.sort, plan.ranges[1]?.text]).toEqual([2, null, 'list = "x", due = null']);
  });

  test("go on behind a cursor from one range to the other", async () => {
    for (const [order, wanted] of [
      [asc, "cabd"],
      [desc, "dbac"],
    ] as const) {
      let text = "";
      let after: never | null = null;
      do {
        const page: { rows: readonly Task[]; next: unknown } = await repo.page(inX.orderBy(order), {
          limit: 1,
          tenant,
          after,
        });
        text += page.rows.map(({ id }) => id).join("");
        after = page.next as never;
      } while (after !== null);
      expect(text).toBe(wanted);
    }
    const natural = await repo.page(inX.orderBy("due"), { limit: 1, tenant });
    await expect(repo.page(inX.orderBy(asc), { limit: 1, after: natural.next, tenant })).rejects.toThrow(
      "cursor",
    );
  });

  test("do not matter where conditions leave none, and are sorted in memory where no index serves them", async () => {
    const present = inX.where({ due: { gt: 0 } }).orderBy(asc);
    expect(await ids(present.limit(2))).toBe("ca");
    expect((await repo.explain(present, { tenant })).requests).toBe(1);
    expect(await ids(from(Task).orderBy({ note: { nulls: "last" } }))).toBe("abcde");
    expect(await ids(from(Task).orderBy({ note: { direction: "desc", nulls: "first" } }))).toBe("edcba");
    const late = from(Task).orderBy("list").orderBy(asc).limit(2);
    await expect(all(late)).rejects.toThrow(/create\(index\(Task, \["due", "list"\]\)\).*leave out/);
    await expect(all(late)).rejects.toBeInstanceOf(UnsupportedQueryError);
    expect(await ids(late.exclude("limit"))).toBe("cabde");
  });

  test("of several ranges are merged nowhere", async () => {
    const both = from(Task)
      .where({ list: { in: ["x", "y"] } })
      .orderBy(asc);
    expect(await ids(both)).toBe("ceabd");
    await expect(all(both.limit(1))).rejects.toBeInstanceOf(UnsupportedQueryError);
    const or = from(Task).where({ or: [{ list: "x" }, { rank: 3 }] });
    expect(await ids(or.orderBy(asc))).toBe("ceabd");
  });

  test("unknown options and words are refused", () => {
    const wrong: unknown[] = [{ nulls: "end" }, { direction: "up" }, { null: "last" }, 1, null];
    for (const order of wrong) expect(() => inX.orderBy({ due: order } as never)).toThrow(InvalidQueryError);
  });
});

describe("distinct", () => {
  test("of several fields is one request for each combination", async () => {
    const query = from(Task).distinct(["list", "rank"]).select(["list", "rank"]);
    const work = await counted.measure(async () =>
      expect(await all(query)).toEqual([
        { list: "x", rank: 1 },
        { list: "x", rank: 2 },
        { list: "y", rank: 3 },
      ]),
    );
    expect([work.rangeReads, work.keys]).toEqual([4, 3]);
    expect(await all(from(Task).distinct(["rank", "list"]).select("rank"))).toEqual([1, 2, 3]);
    expect(await all(inX.distinct(["rank"]).select("rank"))).toEqual([1, 2]);
    expect(await all(from(Task).distinct(["list", "rank"]).reverseOrder().limit(2).select("rank"))).toEqual([
      3, 2,
    ]);
    const page = await repo.page(query, { limit: 2, tenant });
    expect((await repo.page(query, { limit: 2, after: page.next, tenant })).rows).toEqual([
      { list: "y", rank: 3 },
    ]);
  });

  test("without an index for them is refused with its line", async () => {
    await expect(all(from(Task).distinct(["due", "rank"]))).rejects.toThrow(
      'create(index(Task, ["due", "rank"]))',
    );
    expect(() => from(Task).distinct([])).toThrow(InvalidQueryError);
    expect(() => from(Task).distinct(7 as never)).toThrow(InvalidQueryError);
  });
});

describe("a limit with ties", () => {
  const three = from(Task).orderBy("rank");
  test("gives the rows too that the order does not tell from the last one, by one more read of these", async () => {
    expect(await ids(three.limit(2))).toBe("ab");
    const work = await counted.measure(async () =>
      expect(await ids(three.limit(2, { withTies: true }))).toBe("abcd"),
    );
    expect([work.rangeReads, work.keys]).toEqual([2, 5]);
    expect(await ids(three.limit(1, { withTies: true }))).toBe("a");
    expect(await ids(three.limit(9, { withTies: true }))).toBe("abcde");
    expect(await ids(three.reverseOrder().limit(2, { withTies: true }))).toBe("edcb");
    expect(await ids(inX.orderBy("due").limit(1, { withTies: true }))).toBe("bd");
    expect(await all(inX.orderBy("rank").limit(2, { withTies: true }).select("title"))).toEqual([
      "A",
      "B",
      "C",
      "D",
    ]);
    expect(await ids(from(Task).orderBy("note").limit(1, { withTies: true }).scan())).toBe("bcde");
    expect(await repo.count(three.limit(2, { withTies: true }), { tenant })).toBe(4);
    expect(await repo.exists(three.limit(2, { withTies: true }), { tenant })).toBe(true);
  });

  test("is refused where nothing ties, where the query is read in pieces, and with unknown options", async () => {
    const ties = three.limit(2, { withTies: true });
    await expect(all(from(Task).limit(1, { withTies: true }))).rejects.toBeInstanceOf(InvalidQueryError);
    await expect(repo.page(ties, { limit: 1, tenant })).rejects.toBeInstanceOf(UnsupportedQueryError);
    await expect(repo.stream(ties, { tenant }).next()).rejects.toBeInstanceOf(UnsupportedQueryError);
    await expect(all(ties.distinct("rank"))).rejects.toBeInstanceOf(UnsupportedQueryError);
    await expect(all(ties.where({ or: [{ list: "x" }, { rank: 3 }] }))).rejects.toBeInstanceOf(
      UnsupportedQueryError,
    );
    await expect(repo.deleteAll(ties, { tenant, batch: 1 })).rejects.toBeInstanceOf(InvalidOptionsError);
    expect(() => three.limit(1, { ties: true } as never)).toThrow(InvalidQueryError);
    expect(() => three.limit(1, { withTies: 1 } as never)).toThrow(InvalidQueryError);
    expect(() => three.limit(1, null as never)).toThrow(InvalidQueryError);
  });
});

describe("live", () => {
  test("renamed fields, records of some fields and nulls at the other end stay current", async () => {
    const sync = new Sync(repo);
    const page = await sync.subscribe(tenant, {
      names: sync.all(from(Task).where({ list: "z" }).select({ key: "id", name: "title" })),
      records: sync.all(from(Task).where({ list: "z" }).selectRecord(["title"])),
      due: sync.all(
        from(Task)
          .where({ list: "z" })
          .orderBy({ due: { nulls: "last" } })
          .limit(2)
          .select("id"),
      ),
    });
    const write = { title: "T", list: "z", rank: 1, note: null };
    const { version: first } = await repo.transactional(
      tenant,
      () =>
        repo.insertAll(Task, [
          { ...write, id: "p", due: null },
          { ...write, id: "q", due: 9 },
        ]),
      { returning: "version" },
    );
    await page.until(first);
    expect(page.value.names).toEqual([
      { key: "p", name: "T" },
      { key: "q", name: "T" },
    ]);
    expect(page.value.records[0]).toBeInstanceOf(Task);
    expect({ ...page.value.records[0] }).toEqual({ id: "p", title: "T" });
    expect(page.value.due).toEqual(["q", "p"]);

    const changes: unknown[] = [];
    page.on("change:names", ((list: readonly { changed?: unknown }[]) =>
      changes.push(...list.map(({ changed }) => changed))) as never);
    const { version } = await repo.transactional(
      tenant,
      async () => {
        const q = await repo.getOrThrow(Task, "q");
        await repo.update(change(q, { title: "U", rank: 7 }));
        await repo.insert(Task, { ...write, id: "r", due: 1 });
      },
      { returning: "version" },
    );
    await page.until(version);
    expect(page.value.names[2]).toEqual({ key: "q", name: "U" });
    expect(page.value.due).toEqual(["r", "q"]);
    expect(changes).toContainEqual(["name"]);
    expect(() => sync.all(inX.orderBy("rank").limit(1, { withTies: true }))).toThrow("withTies");
    expect(() => sync.all(inX.distinct(["rank"]))).toThrow(UnsupportedQueryError);
    await page.close();
    await sync.close();
    await repo.deleteAll(from(Task).where({ list: "z" }), { tenant });
  });
});
