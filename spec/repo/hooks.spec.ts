import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  change,
  counter,
  create,
  Field,
  from,
  HasMany,
  IncorrectTenancyError,
  InsertedAt,
  InvalidOptionsError,
  InvalidQueryError,
  index,
  ManyToMany,
  Migration,
  Migrator,
  metadata,
  type OperationTrace,
  PrimaryKey,
  ReadOnlyRepoError,
  Repo,
  Schema,
  Sync,
  sum,
  Tenant,
  TooManyKeysError,
  TransactionTimeoutError,
  UnsupportedQueryError,
  UpdatedAt,
} from "../../lib/index.js";
import { operationChannel } from "../../lib/repo/index.js";
import { countWork } from "./count-work.js";

@Schema("posts")
class Post {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare blogId: string | null;
  @Field("utc_datetime") declare deletedAt: Date | null;
  @Field("integer", { default: 1 }) declare n: number;
  @HasMany(() => Post, "blogId") declare posts: HasMany<Post>;
  @ManyToMany(() => Post, { through: () => Link, joinKeys: ["fromId", "toId"] })
  declare linked: ManyToMany<Post>;
  @InsertedAt({ type: "utc_datetime" }) declare insertedAt: Date;
  @UpdatedAt({ type: "utc_datetime" }) declare updatedAt: Date;
}

@Schema("links")
class Link {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare fromId: string | null;
  @Field("string") declare toId: string | null;
  @Field("utc_datetime") declare deletedAt: Date | null;
}

class Blog extends Migration {
  change() {
    return [
      create(metadata(Post)),
      create(index(Post, ["blogId", "deletedAt"])),
      create(index(Post, ["deletedAt", "id"])),
      create(sum(Post, "n")),
      create(counter(Post, ["n"])),
      create(index(Link, ["fromId", "deletedAt", "toId"])),
    ];
  }
}

const asked: string[] = [];
const counting = countWork(await openEngine("memory:"));
const options = { engine: counting.engine, storageId: "hooks" };
const open = new Repo({ ...options, migrations: [[1, Blog]] });
/** Hides what is deleted. */
const repo = new Repo({
  ...options,
  prepareQuery: (operation, query, { source, context }) => {
    asked.push(`${operation} ${source}`);
    return context === "all" ? query : query.where({ deletedAt: null });
  },
});
let tenant: Tenant;
const gone = new Date(0);
beforeAll(async () => {
  tenant = await Tenant.openEmpty(open, "blog");
  await open.insertAll(
    Post,
    [
      { id: "a" },
      { id: "b", blogId: "a" },
      { id: "c", blogId: "a", deletedAt: gone },
      { id: "d", deletedAt: gone },
    ],
    { tenant },
  );
  await open.insertAll(
    Link,
    [
      { id: "1", fromId: "a", toId: "b" },
      { id: "2", fromId: "a", toId: "c" },
      { id: "3", fromId: "a", toId: "a", deletedAt: gone },
    ],
    { tenant },
  );
  tenant = await Tenant.open(repo, "blog");
});
afterAll(async () => {
  await Promise.all([repo.close(), open.close()]);
  await counting.engine.close();
});

describe("prepareQuery", () => {
  const all = { context: "all" } as const;

  test("concerns every read", async () => {
    await repo.get(Post, "c", { tenant });
    asked.length = 0;
    const get = await counting.measure(async () => {
      expect(await repo.get(Post, "c", { tenant })).toBeNull();
    });
    expect(get.pointReads).toBe(1);
    expect((await repo.get(Post, "c", { tenant, ...all }))?.id).toBe("c");
    expect((await repo.all(from(Post).select("id"), { tenant })).toSorted()).toEqual(["a", "b"]);
    expect(await repo.all(from(Post).select("id").scan(), { tenant, ...all })).toHaveLength(4);
    expect(await repo.one(from(Post).where({ id: "d" }), { tenant })).toBeNull();
    expect(await repo.getBy(Post, { id: "a" }, { tenant })).not.toBeNull();
    expect([
      await repo.count(Post, { tenant }),
      await repo.exists(from(Post).where({ id: "d" }), { tenant }),
    ]).toEqual([2, false]);
    expect(await repo.aggregate(Post, "max", "id", { tenant })).toBe("b");
    // What sums and counters keep is of all rows.
    expect(await repo.aggregate(Post, "sum", "n", { tenant })).toBe(2);
    expect(await repo.aggregate(Post, "sum", "n", { tenant, ...all })).toBe(4);
    expect(await repo.countBy(Post, "n", { tenant })).toEqual(new Map([[1, 2]]));
    expect(await repo.countBy(Post, "n", { tenant, ...all })).toEqual(new Map([[1, 4]]));
    const streamed: string[] = [];
    for await (const id of repo.stream(from(Post).select("id"), { tenant, batch: 1 })) streamed.push(id);
    expect(streamed).toEqual(["a", "b"]);
    const first = await repo.page(from(Post).select("id"), { tenant, limit: 1 });
    const second = await repo.page(from(Post).select("id"), { tenant, limit: 1, after: first.next });
    expect([first.rows, second.rows, second.next]).toEqual([["a"], ["b"], null]);
    const post = await repo.getOrThrow(Post, "a", { tenant });
    const { posts, linked } = await repo.preload(post, ["posts", "linked"]);
    expect([posts.map(({ id }) => id), linked.map(({ id }) => id)]).toEqual([["b"], ["b"]]);
    const everything = await repo.preload(post, ["posts", "linked"], all);
    expect([everything.posts.length, everything.linked.length]).toEqual([2, 3]);
    const deleted = await repo.get(Post, "d", { tenant, ...all });
    expect(await repo.reload(deleted!)).toBeNull();
    expect((await repo.explain(from(Post).where({ blogId: "a" }), { tenant })).index).toBe(
      "posts_blogId_deletedAt_index",
    );
    expect(new Set(asked.map((one) => one.split(" ")[0]))).toEqual(
      new Set([
        "get",
        "all",
        "one",
        "count",
        "countBy",
        "exists",
        "aggregate",
        "stream",
        "page",
        "preload",
        "reload",
        "explain",
      ]),
    );
  });

  test("concerns updateAll, deleteAll and live queries, and no write of a record", async () => {
    await repo.transactional(tenant, async (tx) => {
      expect(await tx.updateAll(Post, { blogId: "x" })).toEqual({ count: 2 });
      expect(await tx.deleteAll(Post)).toEqual({ count: 2 });
      const deleted = await tx.get(Post, "d", all);
      await tx.update(change(deleted!, { blogId: "y" }));
      return tx.rollback();
    });
    const sync = new Sync(repo);
    const sub = await sync.subscribe(tenant, {
      posts: sync.all(from(Post).select("id")),
      number: sync.count(Post),
      total: sync.sum(Post, "n"),
    });
    expect([[...sub.value.posts].toSorted(), sub.value.number, sub.value.total]).toEqual([["a", "b"], 2, 2]);
    // Taken off their Sync, the words go by the same Repo.
    const { all: every, count, one } = sync;
    const alone = await sync.subscribe(tenant, {
      posts: every(from(Post).select("id")),
      number: count(Post),
    });
    expect(alone.value).toEqual({ posts: sub.value.posts, number: sub.value.number });
    await alone.close();
    expect(() => one(Post, "a")).toThrow(UnsupportedQueryError);
    expect(() => sync.one(Post, "a")).toThrow(UnsupportedQueryError);
    expect(() => sync.many(Post, ["a"])).toThrow(UnsupportedQueryError);
    expect(() => sync.signal(Post)).toThrow(UnsupportedQueryError);
    await sub.close();
    await sync.close();
  });

  test("must give the query that it was given, with more to it", async () => {
    const give = (given: (query: never) => unknown) =>
      new Repo({ ...options, prepareQuery: ((_: string, query: never) => given(query)) as never });
    for (const given of [
      () => undefined,
      () => from(Link),
      (query: { limit(n: number): unknown }) => query.limit(1),
      async (query: unknown) => query,
    ]) {
      const other = give(given as never);
      const handle = await Tenant.open(other, "blog");
      await expect(other.all(Post, { tenant: handle })).rejects.toThrow(InvalidQueryError);
      await other.close();
    }
    expect(() => new Repo({ ...options, prepareQuery: 5 as never })).toThrow(InvalidOptionsError);
  });
});

describe("the options of calls", () => {
  test("log and telemetry go to those who listen", async () => {
    const lines: unknown[] = [];
    const tell = (level: string) => (facts: object) =>
      lines.push([level, (facts as OperationTrace).telemetry]);
    const logger = { debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") };
    const logged = new Repo({
      ...options,
      logger,
      defaultOptions: (operation) => (operation === "count" ? { log: false } : {}),
    });
    const handle = await Tenant.open(logged, "blog");
    const heard: unknown[] = [];
    const listen = (trace: unknown) => heard.push((trace as OperationTrace).telemetry);
    operationChannel.asyncEnd.subscribe(listen);
    await logged.get(Post, "a", { tenant: handle, log: "info", telemetry: { page: "home" } });
    await logged.get(Post, "a", { tenant: handle, log: false });
    await logged.count(Post, { tenant: handle });
    await logged.count(Post, { tenant: handle, log: "warn" });
    operationChannel.asyncEnd.unsubscribe(listen);
    expect(lines).toEqual([
      ["info", { page: "home" }],
      ["warn", undefined],
    ]);
    expect(heard[0]).toEqual({ page: "home" });
    await logged.close();
  });

  test("maxKeys ends a read that finds more", async () => {
    const query = from(Post).scan();
    const context = "all";
    expect(await repo.all(query, { tenant, context, maxKeys: 4 })).toHaveLength(4);
    const work = await counting.measure(async () => {
      await expect(repo.all(query, { tenant, context, maxKeys: 2 })).rejects.toThrow(TooManyKeysError);
    });
    expect(work.keys).toBeLessThanOrEqual(3);
    await expect(
      repo.all(from(Post).where({ blogId: "a" }), { tenant, context, maxKeys: 3 }),
    ).rejects.toThrow(TooManyKeysError);
    await expect(repo.deleteAll(query, { tenant, context, maxKeys: 2 })).rejects.toThrow(TooManyKeysError);
    expect(await repo.count(query, { tenant, context })).toBe(4);
  });

  test("timeoutMs ends a call, and the transaction that it is in", async () => {
    const never = () => new Promise<never>(() => undefined);
    const hang = { posts: never };
    const post = await repo.getOrThrow(Post, "a", { tenant });
    await expect(repo.preload(post, hang, { timeoutMs: 20 })).rejects.toThrow(TransactionTimeoutError);
    let caught: unknown;
    const around = repo.transactional(tenant, async (tx) => {
      let ended: () => void = () => undefined;
      const late = { posts: () => new Promise<Post[]>((resolve) => (ended = () => resolve([]))) };
      caught = await tx.preload(post, late, { timeoutMs: 20 }).catch((error: unknown) => error);
      ended();
      await tx.insert(Post, { id: "late" });
    });
    await expect(around).rejects.toThrow(TransactionTimeoutError);
    expect(caught).toBeInstanceOf(TransactionTimeoutError);
    expect(await repo.get(Post, "late", { tenant })).toBeNull();
  });

  test("have defaults, which what a call says goes before", async () => {
    let current: Tenant | undefined = tenant;
    const other = new Repo({
      ...options,
      defaultOptions: () => (current === undefined ? {} : { tenant: current, maxKeys: 1 }),
    });
    current = await Tenant.open(other, "blog");
    expect((await other.get(Post, "d"))?.id).toBe("d");
    await expect(other.all(Post)).rejects.toThrow(TooManyKeysError);
    expect(await other.all(Post, { maxKeys: 9 })).toHaveLength(4);
    current = undefined;
    await expect(other.get(Post, "d")).rejects.toThrow(IncorrectTenancyError);
    expect(() => new Repo({ ...options, defaultOptions: { limit: 3 } as never })).toThrow(/limit/);
    await other.close();
  });

  test("that cannot be are refused", async () => {
    for (const wrong of [
      { maxKeys: 0 },
      { timeoutMs: -1 },
      { log: "loud" },
      { telemetry: 3 },
      { maxkeys: 3 },
    ]) {
      await expect(repo.all(Post, { tenant, ...wrong } as never)).rejects.toThrow(InvalidOptionsError);
    }
    await expect(repo.insert(Post, { id: "w" }, { tenant, maxKeys: 3 } as never)).rejects.toThrow(/maxKeys/);
  });
});

describe("a Repo", () => {
  test("that only reads refuses everything else", async () => {
    const reader = new Repo({ ...options, readOnly: true, migrations: [[1, Blog]] });
    const handle = await Tenant.open(reader, "blog");
    expect(await reader.count(Post, { tenant: handle })).toBe(4);
    const post = await reader.getOrThrow(Post, "a", { tenant: handle });
    for (const write of [
      () => reader.insert(Post, { id: "w" }, { tenant: handle }),
      () => reader.tryUpdate(change(post, { blogId: "w" })),
      () => reader.deleteAll(Post, { tenant: handle }),
      () => reader.transactional(handle, (tx) => tx.delete(post)),
      () => Tenant.openOrCreate(reader, "new"),
      () => Tenant.create(reader, "new"),
      () => Tenant.openEmpty(reader, "blog"),
      () => Tenant.clear(reader, "blog"),
      () => Tenant.clearAndDelete(reader, "blog"),
      () => Migrator.up(reader, handle, [[1, Blog]]),
    ]) {
      await expect(write()).rejects.toThrow(ReadOnlyRepoError);
    }
    expect([await Tenant.exists(reader, "new"), await reader.count(Post, { tenant: handle })]).toEqual([
      false,
      4,
    ]);
    expect(() => new Repo({ ...options, readOnly: 1 as never })).toThrow(InvalidOptionsError);
    await reader.close();
  });

  test("has a clock for timestamps", async () => {
    let time = new Date("2020-01-01T00:00:00Z");
    const timed = new Repo({ ...options, now: () => time });
    const handle = await Tenant.open(timed, "blog");
    await timed.transactional(handle, async (tx) => {
      const inserted = await tx.insert(Post, { id: "t", posts: [{ id: "t1" }] });
      expect([inserted.insertedAt, inserted.updatedAt]).toEqual([time, time]);
      expect((await tx.getOrThrow(Post, "t1")).insertedAt).toEqual(time);
      time = new Date("2021-01-01T00:00:00Z");
      const updated = await tx.update(change(inserted, { blogId: "x" }));
      expect([updated.insertedAt, updated.updatedAt]).toEqual([new Date("2020-01-01T00:00:00Z"), time]);
      await tx.updateAll(from(Post).where({ id: "t1" }), { blogId: "y" });
      expect((await tx.getOrThrow(Post, "t1")).updatedAt).toEqual(time);
      time = new Date(Number.NaN);
      await expect(tx.insert(Post, { id: "t2" })).rejects.toThrow(InvalidOptionsError);
      return tx.rollback();
    });
    await timed.close();
  });

  test("prepares its outermost transactions", async () => {
    const seen: unknown[] = [];
    const prepared = new Repo({
      ...options,
      prepareTransaction: (fn, given, { tenant: of }) => {
        seen.push([of.id, given.retryLimit]);
        return {
          fn: async (tx) => {
            seen.push(await tx.count(Post));
            return fn(tx);
          },
          options: { ...given, retryLimit: 3 },
        };
      },
    });
    const handle = await Tenant.open(prepared, "blog");
    expect(
      await prepared.transactional(handle, () => prepared.transactional(async () => 7), { retryLimit: 1 }),
    ).toBe(7);
    expect(await prepared.transact(handle, () => ({ ok: false }) as const)).toEqual({ ok: false });
    expect(seen).toEqual([["blog", 1], 4, ["blog", undefined], 4]);
    const wrong = new Repo({ ...options, prepareTransaction: () => 5 as never });
    await expect(wrong.transactional(await Tenant.open(wrong, "blog"), () => 1)).rejects.toThrow(
      InvalidOptionsError,
    );
    await Promise.all([prepared.close(), wrong.close()]);
  });
});
