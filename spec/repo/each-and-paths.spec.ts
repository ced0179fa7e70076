import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { exportTenant } from "../../lib/cli/transfer/export-tenant.js";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import {
  change,
  checkTenant,
  create,
  drop,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  from,
  InvalidQueryError,
  index,
  Migration,
  MigrationError,
  Migrator,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
  UniqueBuildError,
  UnknownFieldError,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { internals } from "../../lib/repo/internals.js";
import { countWork } from "./count-work.js";

@EmbeddedSchema()
class Geo {
  @Field("string", { tag: 7 }) declare zone: string | null;
}

@EmbeddedSchema()
class Address {
  @Field("string", { source: "town" }) declare city: string | null;
  @Field("integer") declare zip: number | null;
  @EmbedsOne(() => Geo) declare geo: Geo | null;
}

@Schema("articles")
class Article {
  @PrimaryKey("string") declare id: string;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field({ array: "string" }) declare mails: string[] | null;
  @Field("integer") declare rank: number;
  @EmbedsOne(() => Address, { onReplace: "delete" }) declare address: Address | null;
  @Field({ array: "json" }) declare notes: unknown[] | null;
}

const indexes = () => [
  create(index(Article, ["tags"], { each: true })),
  create(index(Article, ["tags", "rank"], { each: "tags", name: "by_tag_rank", include: ["mails"] })),
  create(index(Article, ["mails"], { each: "mails", unique: true })),
  create(index(Article, ["address.city", "rank"])),
  create(index(Article, ["address.geo.zone"])),
];

class Indexes extends Migration {
  change() {
    return [...indexes(), create(metadata(Article))];
  }
}

const articleOf = (id: number) => ({
  id: `a${id}`,
  tags: id % 4 === 0 ? [] : ["all", `t${id % 3}`, "all"],
  mails: id % 2 === 0 ? null : [`m${id}`, `n${id}`],
  rank: id,
  address: id % 5 === 0 ? null : { city: `c${id % 2}`, zip: id, geo: { zone: id % 3 === 0 ? null : "z" } },
  notes: null,
});
const articles = Array.from({ length: 20 }, (_, id) => articleOf(id));

let engine: Engine;
let counted: ReturnType<typeof countWork>;
let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  engine = await openEngine("memory:");
  counted = countWork(engine);
  repo = new Repo({ engine: counted.engine, storageId: "each", migrations: [[1, Indexes]] });
  tenant = await Tenant.openEmpty(repo, "t");
  await repo.insertAll(Article, articles, { tenant });
});
afterAll(async () => {
  await repo.close();
  await engine.close();
});

const all = <R>(query: Parameters<Repo["all"]>[0], of = tenant) =>
  repo.all(query, { tenant: of }) as Promise<R[]>;
const ids = async (query: Parameters<Repo["all"]>[0], of = tenant) =>
  (await all<Article>(query, of)).map(({ id }) => id);
const sound = async (of: Tenant, options: Parameters<typeof checkTenant>[2] = {}) => {
  const { engine: opened, metadata: cache } = internals(repo);
  return (await checkTenant({ engine: async () => opened(), metadata: cache }, of, options)).problems;
};
const withTag = (tag: string, of: readonly { id: string; tags: string[] | null }[] = articles) =>
  of
    .filter(({ tags }) => tags?.includes(tag) === true)
    .map(({ id }) => id)
    .sort();

describe("each item of a list", () => {
  test("finds each row once, by one key range, and not those with an empty list", async () => {
    expect((await ids(from(Article).where({ tags: { has: "all" } }))).sort()).toEqual(withTag("all"));
    const query = from(Article)
      .where({ tags: { has: "t1" } })
      .orderBy({ rank: "desc" })
      .limit(2);
    const work = await counted.measure(async () => expect(await ids(query)).toEqual(["a19", "a13"]));
    expect([work.rangeReads, work.keys, work.pointReads]).toEqual([1, 2, 2]);
    const covered = query.select(["id", "mails"]);
    expect(await all(covered)).toEqual([
      { id: "a19", mails: ["m19", "n19"] },
      { id: "a13", mails: ["m13", "n13"] },
    ]);
    expect((await repo.explain(covered, { tenant })).fetchesRows).toBe(false);
    expect(await repo.count(from(Article).where({ tags: { has: "t2" } }), { tenant })).toBe(
      withTag("t2").length,
    );
    const page = await repo.page(query.exclude("limit"), { limit: 3, tenant });
    const rest = await repo.page(query.exclude("limit"), { limit: 30, after: page.next, tenant });
    expect([...page.rows, ...rest.rows].map(({ id }) => id).sort()).toEqual(withTag("t1"));
    expect(await ids(from(Article).where({ mails: { has: "n7" } }))).toEqual(["a7"]);
  });

  test("alternatives are a union with each row once; several items want a scan; other queries never take the index", async () => {
    const either = from(Article).where({ or: [{ tags: { has: "t1" } }, { tags: { has: "all" } }] });
    expect((await ids(either)).sort()).toEqual(withTag("all"));
    const both = from(Article)
      .where({ tags: { has: "t1" } })
      .where({ tags: { has: "all" } });
    await expect(all(both)).rejects.toThrow(/several items.*each: "tags"/);
    expect((await ids(both.scan())).sort()).toEqual(withTag("t1"));
    expect(
      await ids(
        from(Article)
          .where({ tags: { has: "t1" } })
          .where({ tags: { has: "t2" } })
          .scan(),
      ),
    ).toEqual([]);
    expect(await ids(from(Article))).toHaveLength(20);
    await expect(all(from(Article).using("by_tag_rank"))).rejects.toBeInstanceOf(UnsupportedQueryError);
    await expect(all(from(Article).where({ tags: ["all"] }))).rejects.toThrow(
      'create(index(Article, ["tags"]))',
    );
  });

  test("unique items belong to one row: taken ones are refused, freed ones can be taken in the same transaction", async () => {
    const row = await repo.getOrThrow(Article, "a2", { tenant });
    const taken = repo.update(change(row, { mails: ["new", "m7"] }));
    await expect(taken).rejects.toMatchObject({ code: "constraint_violated" });
    const result = await repo.tryUpdate(change(row, { mails: ["m7"] }).uniqueConstraint(["mails"]));
    expect(result).toMatchObject({ ok: false, changeset: { errors: [{ field: "mails" }] } });
    await repo.transactional(tenant, async () => {
      await repo.update(change(await repo.getOrThrow(Article, "a7"), { mails: ["n7"] }));
      await repo.update(change(await repo.getOrThrow(Article, "a2"), { mails: ["m7", "m7", "z"] }));
    });
    expect(await ids(from(Article).where({ mails: { has: "m7" } }))).toEqual(["a2"]);
    const upsert = repo.insert(Article, articleOf(77), {
      tenant,
      onConflict: "nothing",
      conflictTarget: ["mails"],
    });
    await expect(upsert).rejects.toBeInstanceOf(UnsupportedQueryError);
    expect(await sound(tenant, { schemas: [Article] })).toEqual([]);
    await repo.update(change(await repo.getOrThrow(Article, "a2", { tenant }), { mails: null }));
    await repo.update(change(await repo.getOrThrow(Article, "a7", { tenant }), { mails: ["m7", "n7"] }));
  });

  test("an update writes the entries that differ and no others", async () => {
    const row = await repo.getOrThrow(Article, "a3", { tenant });
    const before = await counted.measure(() => repo.update(change(row, { notes: [1] })));
    const after = await counted.measure(() => repo.update(change(row, { tags: ["all", "more"] })));
    // One item goes and one comes, in two indexes.
    expect(after.writes - before.writes).toBe(4);
    await repo.update(change(row, { tags: articleOf(3).tags, notes: null }));
  });
});

describe("paths into embeds", () => {
  test("serve conditions and orders; a step that is empty is an empty value", async () => {
    const inC1 = from(Article).where({ "address.city": "c1" });
    const work = await counted.measure(async () =>
      expect(await ids(inC1.orderBy({ rank: "desc" }).limit(2))).toEqual(["a19", "a17"]),
    );
    expect([work.rangeReads, work.keys]).toEqual([1, 2]);
    expect(await ids(from(Article).where({ "address.city": { isNull: true } }))).toEqual([
      "a0",
      "a5",
      "a10",
      "a15",
    ]);
    expect(
      await ids(
        from(Article)
          .where({ "address.city": { gt: "c0" }, rank: { lt: 4 } })
          .scan(),
      ),
    ).toEqual(["a1", "a3"]);
    const zones = from(Article).where({ "address.geo.zone": "z" });
    expect(await ids(zones)).toHaveLength(articles.filter(({ address }) => address?.geo.zone === "z").length);
    await expect(all(from(Article).where({ "address.zip": 3 }))).rejects.toThrow(
      'create(index(Article, ["address.zip"]))',
    );
    expect(await ids(from(Article).where({ "address.zip": 3 }).scan())).toEqual(["a3"]);
  });

  test("names and values are checked, and rows tell whole fields only", () => {
    const where = (conditions: object) => () => from(Article).where(conditions as never);
    expect(where({ "address.town": "x" })).toThrow(UnknownFieldError);
    expect(where({ "rank.city": "x" })).toThrow(UnknownFieldError);
    expect(where({ "tags[]": "x" })).toThrow(UnknownFieldError);
    expect(where({ "address.city": 7 })).toThrow(InvalidQueryError);
    expect(where({ tags: { has: 7 } })).toThrow(InvalidQueryError);
    expect(where({ tags: { has: null } })).toThrow(InvalidQueryError);
    expect(where({ rank: { has: 1 } })).toThrow("a list");
    expect(where({ notes: { has: 1 } })).toThrow("no order");
    expect(() => from("articles").where({ tags: { has: "x" } } as never)).toThrow("from(Schema)");
    expect(() => from(Article).select(["address.city" as never])).toThrow(UnknownFieldError);
    expect(() => from(Article).orderBy("tags[]" as never)).toThrow(UnknownFieldError);
  });
});

describe("indexes of both kinds", () => {
  test("are built while writers go on, checked, repaired, exported, and dropped", async () => {
    const built = await Tenant.openEmpty(repo, "built");
    await repo.insertAll(Article, articles, { tenant: built });
    class Drop extends Migration {
      change() {
        return indexes().map(({ definition }) => drop(definition));
      }
    }
    class Again extends Migration {
      change() {
        return indexes();
      }
    }
    const list = [
      [1, Indexes],
      [2, Drop],
    ] as const;
    await Migrator.up(repo, built, list);
    await expect(all(from(Article).where({ tags: { has: "all" } }), built)).rejects.toBeInstanceOf(
      UnsupportedQueryError,
    );
    const building = Migrator.up(repo, built, [...list, [3, Again]], { stepBytes: 600 });
    for (let id = 0; id < 20; id += 3) {
      const row = await repo.getOrThrow(Article, `a${id}`, { tenant: built });
      await repo.update(change(row, { tags: ["late"], address: null }), { tenant: built });
    }
    await building;
    const rows = await all<Article>(from(Article), built);
    for (const tag of ["all", "t1", "t2", "late"])
      expect((await ids(from(Article).where({ tags: { has: tag } }), built)).sort()).toEqual(
        withTag(tag, rows),
      );
    for (const options of [{ schemas: [Article] }, {}]) expect(await sound(built, options)).toEqual([]);
    let text = "";
    const lines = exportTenant(engine, built, {
      storageId: "each",
      signal: new AbortController().signal,
      now: () => 0,
    });
    for await (const line of lines) text += line.text;
    expect(text).toContain('"address.city"');
  });

  test("a unique item that two rows have fails the build, and names them", async () => {
    const failing = await Tenant.openEmpty(repo, "failing");
    await Migrator.up(repo, failing, [[1, Indexes]]);
    class Free extends Migration {
      change() {
        return [drop(index(Article, ["mails"]))];
      }
    }
    class Again extends Migration {
      change() {
        return [create(index(Article, ["mails"], { each: true, unique: true, name: "again" }))];
      }
    }
    const list = [
      [1, Indexes],
      [2, Free],
    ] as const;
    await Migrator.up(repo, failing, list);
    const twice = [1, 2].map((id) => ({ ...articleOf(id), mails: [`own${id}`, "same"] }));
    await repo.insertAll(Article, twice, { tenant: failing });
    await expect(Migrator.up(repo, failing, [...list, [3, Again]])).rejects.toBeInstanceOf(UniqueBuildError);
  });

  test("that cannot be are refused at once", () => {
    const refused = (fields: string[], options: object) =>
      expect(() => index(Article, fields as never, options as never)).toThrow(MigrationError);
    refused(["rank"], { each: true });
    refused(["tags", "mails"], { each: true });
    refused(["tags"], { each: "mails" });
    refused(["notes"], { each: true });
    refused(["tags"], { each: true, include: ["tags"] });
    refused(["tags"], { each: true, indexer: "x" });
    refused(["address.nope"], {});
    refused(["address.geo"], {});
    refused(["address.city"], { indexer: "x" });
    refused(["rank"], { priority: 1.5 });
    refused(["rank"], { prioritty: 1 });
    expect(() => metadata(Article, ["address.city" as never])).toThrow(MigrationError);
  });

  test("priority decides between indexes that serve a query alike", async () => {
    const other = await Tenant.openEmpty(repo, "priority");
    class Two extends Migration {
      change() {
        return [
          create(index(Article, ["rank"], { name: "plain" })),
          create(index(Article, ["rank", "tags"], { name: "preferred", priority: 2 })),
        ];
      }
    }
    await Migrator.up(repo, other, [
      [1, Indexes],
      [2, Two],
    ]);
    const query = from(Article).where({ rank: 1 });
    expect((await repo.explain(query, { tenant: other })).index).toBe("preferred");
    expect((await repo.explain(query.using("plain"), { tenant: other })).index).toBe("plain");
  });

  test("live queries by items and paths follow their rows, and resume", async () => {
    const sync = new Sync(repo);
    const queries = {
      tagged: sync.all(
        from(Article)
          .where({ tags: { has: "live" } })
          .orderBy("rank")
          .select("id"),
      ),
      first: sync.all(
        from(Article)
          .where({ tags: { has: "live" } })
          .orderBy("rank")
          .limit(1)
          .select("id"),
      ),
      there: sync.all(from(Article).where({ "address.city": "live" }).select("id")),
      count: sync.count(from(Article).where({ tags: { has: "live" } })),
    };
    const page = await sync.subscribe(tenant, queries);
    const cursor = page.cursor;
    const steps = [
      () => repo.insert(Article, { ...articleOf(90), tags: ["live", "x"] }),
      () =>
        repo.insert(Article, {
          ...articleOf(80),
          tags: ["live"],
          address: { city: "live", zip: 1, geo: null } as never,
        }),
      async () => repo.update(change(await repo.getOrThrow(Article, "a80"), { tags: ["x"] })),
      async () => repo.delete(await repo.getOrThrow(Article, "a90")),
    ];
    const wanted = [
      [["a90"], ["a90"], [], 1],
      [["a80", "a90"], ["a80"], ["a80"], 2],
      [["a90"], ["a90"], ["a80"], 1],
      [[], [], ["a80"], 0],
    ];
    let last = 0n;
    for (const [at, step] of steps.entries()) {
      const { version } = await repo.transactional(tenant, step, { returning: "version" });
      await page.until(version);
      const { tagged, first, there, count } = page.value;
      expect([tagged, first, there, count]).toEqual(wanted[at]);
      last = version;
    }
    const resumed = await sync.subscribe(tenant, queries, { resume: cursor });
    await resumed.until(last);
    expect(resumed.value.there).toEqual(["a80"]);
    await page.close();
    await resumed.close();
    await sync.close();
    await repo.deleteAll(from(Article).where({ id: "a80" }), { tenant });
  });
});
