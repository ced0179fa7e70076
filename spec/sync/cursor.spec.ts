import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { Engine } from "../../lib/engine/index.js";
import { openEngine, restoreStore } from "../../lib/engine/index.js";
import {
  create,
  Field,
  from,
  InvalidCursorError,
  InvalidQueryError,
  index,
  type Live,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  type SubscribeOptions,
  Sync,
  type SyncCursor,
  Tenant,
} from "../../lib/index.js";
import {
  type CursorContent,
  decodeContent,
  encodeContent,
  shownOf,
} from "../../lib/sync/cursor/cursor-content.js";
import { CursorKeys } from "../../lib/sync/cursor/cursor-keys.js";
import { keyOf, newRing, rotated } from "../../lib/sync/cursor/key-ring.js";
import { readKeyRing, rotateCursorKeys } from "../../lib/sync/cursor/key-store.js";
import { openCursor, sealCursor } from "../../lib/sync/cursor/seal.js";
import { LayerReader } from "../../lib/sync/log/layer-reader.js";

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string;
  @Field("integer") declare rank: number;
}

class Docs extends Migration {
  change() {
    return [create(metadata(Doc)), create(index(Doc, ["owner", "rank"]))];
  }
}

let engine: Engine;
let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  engine = await openEngine("memory:");
  repo = new Repo({ engine, storageId: "cursors", migrations: [[1, Docs]] });
  sync = new Sync(repo);
  tenant = await Tenant.openEmpty(repo, "a");
  for (const id of ["a", "b", "c"]) await repo.insert(Doc, { id, owner: "me", rank: 1 }, { tenant });
});
afterEach(async () => {
  jest.restoreAllMocks();
  await sync.close();
  await repo.close();
  await engine.close();
});

type Queries = Record<string, Live<unknown, unknown>>;

async function cursorOf(queries: Queries, options: SubscribeOptions = {}): Promise<SyncCursor> {
  await using page = await sync.subscribe(tenant, queries, options);
  return page.cursor;
}

/** The first transition of a resume. */
async function first(
  queries: Queries,
  resume: string,
  options: SubscribeOptions = {},
  of: { sync: Sync; tenant: Tenant } = { sync, tenant },
) {
  await using page = await of.sync.subscribe(of.tenant, queries, { ...options, resume });
  return (await page[Symbol.asyncIterator]().next()).value!;
}

const all = (): Queries => ({ docs: sync.all(Doc) });

describe("text that this store has not given", () => {
  test("is refused before anything of the tenant is read, and touches nobody", async () => {
    const page = await sync.subscribe(tenant, all());
    const genuine = Buffer.from(page.cursor, "base64url");
    const forged: unknown[] = [
      "",
      "!",
      "nonsense",
      "A".repeat(9_000),
      null,
      5,
      {},
      [page.cursor],
      `${page.cursor}=`,
    ];
    for (let at = 0; at < genuine.length; at++) {
      const copy = Buffer.from(genuine);
      copy[at]! ^= 1 << (at % 8);
      forged.push(copy.toString("base64url"));
    }
    for (let cut = 0; cut < genuine.length; cut += 7)
      forged.push(genuine.subarray(0, cut).toString("base64url"));
    forged.push(Buffer.concat([genuine, Buffer.alloc(6)]).toString("base64url"));
    const parsed = JSON.parse(genuine.toString());
    const others = ["x", "", null, 0, -1, [], {}, [["a", "b"]], "__proto__", "AAAAAAAA", "\u{1f4a5}"];
    const everywhere = (value: unknown): readonly unknown[] => [
      ...others,
      ...(Array.isArray(value)
        ? [
            ...value.flatMap((part, at) => everywhere(part).map((other) => value.with(at, other))),
            [...value, value[0]],
            value.slice(1),
            { ...value },
          ]
        : []),
    ];
    const same = JSON.stringify(parsed);
    for (const other of everywhere(parsed)) {
      const text = JSON.stringify(other);
      if (text !== same) forged.push(Buffer.from(text).toString("base64url"));
    }
    // The same cursor, written otherwise.
    forged.push(Buffer.from(JSON.stringify(parsed, null, 1)).toString("base64url"));
    const reads = jest.spyOn(LayerReader.prototype, "log");
    const { ticks } = sync.inspect();
    for (const resume of forged) {
      await expect(sync.subscribe(tenant, all(), { resume: resume as string })).rejects.toThrow(
        InvalidCursorError,
      );
    }
    expect(reads).not.toHaveBeenCalled();
    expect(sync.inspect()).toMatchObject({ ticks, subscriptions: 1 });
    expect(page.state).toBe("live");
  });

  test("of another tenant, or another store, is refused; also where everything else is the same", async () => {
    const cursor = await cursorOf(all());
    const neighbour = await Tenant.openEmpty(repo, "b");
    await expect(first(all(), cursor, {}, { sync, tenant: neighbour })).rejects.toThrow(InvalidCursorError);
    const elsewhere = new Repo({ url: "memory:", storageId: "cursors", migrations: [[1, Docs]] });
    const other = new Sync(elsewhere);
    const same = await Tenant.openEmpty(elsewhere, "a");
    await expect(first(all(), cursor, {}, { sync: other, tenant: same })).rejects.toThrow(InvalidCursorError);
    await other.close();
    await elsewhere.close();
  });

  test("another process of the store takes it, and so does a later life of this one", async () => {
    const cursor = await cursorOf(all());
    await repo.insert(Doc, { id: "d", owner: "me", rank: 2 }, { tenant });
    const second = new Repo({ engine, storageId: "cursors", migrations: [[1, Docs]] });
    const other = new Sync(second);
    const opened = await Tenant.open(second, "a");
    expect(await first(all(), cursor, {}, { sync: other, tenant: opened })).toMatchObject({
      type: "change",
      changes: { docs: [{ op: "insert", key: "d" }] },
    });
    await other.close();
    await second.close();
  });

  test("a tenant that was deleted and made anew under its name answers with a snapshot", async () => {
    const cursor = await cursorOf(all());
    await Tenant.clearAndDelete(repo, "a");
    tenant = await Tenant.openOrCreate(repo, "a");
    expect(await first(all(), cursor)).toMatchObject({ reason: "cursor-expired" });
  });
});

describe("a cursor is bound to", () => {
  const labels = (min: number, ...deps: unknown[]): Queries => ({
    docs: sync.all(from(Doc).filter((doc) => doc.rank >= min, ...(deps as [unknown[]]))),
  });

  test("the values that a filter refers to, when they are given", async () => {
    const cursor = await cursorOf(labels(1, [1]));
    await repo.insert(Doc, { id: "d", owner: "me", rank: 2 }, { tenant });
    expect(await first(labels(1, [1]), cursor)).toMatchObject({ changes: { docs: [{ key: "d" }] } });
    expect(await first(labels(2, [2]), cursor)).toMatchObject({ reason: "params-changed" });
    expect(await first(labels(1, [1, undefined]), cursor)).toMatchObject({ reason: "params-changed" });
    const counted = (min: number) => ({ n: sync.count(from(Doc).filter((doc) => doc.rank >= min, [min])) });
    const count = await cursorOf(counted(1));
    expect(await first(counted(1), count)).toMatchObject({ type: "progress" });
    expect(await first(counted(2), count)).toMatchObject({ reason: "params-changed" });
  });

  test("nothing that a filter does not say: then a snapshot follows, wherever it stands", async () => {
    const rights = { watch: sync.one(Doc, "a"), row: () => true };
    const unsaid: readonly [Queries, SubscribeOptions][] = [
      [labels(1), {}],
      [{ n: sync.count(from(Doc).filter(() => true)) }, {}],
      [
        {
          top: sync.all(
            from(Doc)
              .limit(2)
              .filter(() => true),
          ),
        },
        {},
      ],
      [
        {
          e: sync.each(sync.all(from(Doc).select("id")), (id) =>
            sync.all(
              from(Doc)
                .where({ id })
                .filter(() => true),
            ),
          ),
        },
        {},
      ],
      [labels(1), { authorize: rights }],
    ];
    for (const [queries, options] of unsaid) {
      const cursor = await cursorOf(queries, options);
      expect(await first(queries, cursor, options)).toMatchObject({ reason: "params-changed" });
    }
  });

  test("the rights, as far as they are said", async () => {
    const rank = 1;
    const of = (user: string, given: object = { deps: [user] }): SubscribeOptions => ({
      authorize: { row: (doc) => (doc as Doc).owner === user && (doc as Doc).rank >= rank, ...given },
    });
    for (const queries of [all(), { docs: sync.all(from(Doc).orderBy("owner").limit(2)) }] as Queries[]) {
      const cursor = await cursorOf(queries, of("me"));
      expect(await first(queries, cursor, of("me"))).toMatchObject({ type: "progress" });
      expect(await first(queries, cursor, of("you"))).toMatchObject({ reason: "rights-changed" });
      expect(await first(queries, cursor)).toMatchObject({ reason: expect.stringMatching(/-changed/) });
      expect(await first(queries, await cursorOf(queries), of("me"))).toMatchObject({
        reason: expect.stringMatching(/-changed/),
      });
      const unsaid = await cursorOf(queries, of("me", {}));
      expect(await first(queries, unsaid, of("me", {}))).toMatchObject({ reason: "rights-changed" });
    }
  });

  test("every query that a function of each has made for the ids there were", async () => {
    const each = (odd: string): Queries => ({
      e: sync.each(sync.all(from(Doc).select("id")), (id) => sync.one(Doc, id === odd ? "a" : id)),
    });
    const cursor = await cursorOf(each("none"));
    expect(await first(each("none"), cursor)).toMatchObject({ type: "progress" });
    for (const odd of ["b", "c"])
      expect(await first(each(odd), cursor)).toMatchObject({ reason: "params-changed" });
    await repo.insert(Doc, { id: "z", owner: "me", rank: 1 }, { tenant });
    expect(await first(each("none"), cursor)).toMatchObject({ changes: { e: [{ op: "insert", key: "z" }] } });
    expect(await first(each("z"), cursor)).toMatchObject({ type: "change" });
  });

  test("plain data alone: what cannot be compared is refused", () => {
    const query = from(Doc);
    const circle: unknown[] = [];
    circle.push(circle);
    for (const deps of [5, "ab", [() => 1], [Symbol("s")], [new Map()], [new (class Money {})()], [circle]]) {
      expect(() => query.filter(() => true, deps as unknown[])).toThrow(InvalidQueryError);
    }
    const values = [
      1,
      "1",
      1n,
      true,
      null,
      undefined,
      Number.NaN,
      -0,
      new Date(5),
      Buffer.from([1]),
      [[1], { a: 1 }],
    ];
    const hashes = values.map((value) => sync.all(query.filter(Boolean, [value])).hash);
    expect(new Set(hashes).size).toBe(values.length);
    expect(sync.all(query.filter(Boolean, [{ a: 1, b: [2n] }])).hash).toBe(
      sync.all(query.filter(Boolean, [{ b: [2n], a: 1 }])).hash,
    );
  });
});

test("a cursor that is read after the end is the one that was given before", async () => {
  for (const queries of [
    { many: sync.many(Doc, ["a", "b"]) },
    { each: sync.each(sync.all(from(Doc).select("id")), (id) => sync.one(Doc, id)) },
    { held: sync.all(Doc, { on: "collection" }) },
  ] as Queries[]) {
    const page = await sync.subscribe(tenant, queries);
    await page.close();
    expect(await first(queries, page.cursor)).toMatchObject({ type: "progress" });
  }
});

describe("the size of a cursor", () => {
  test.each([1, 10, 100, 400])("of %i labels is at most 200 bytes, and 8 for each label", async (count) => {
    const name = (i: number) => `a label with a long name that says a lot ${i}`;
    const queries = (on: (i: number) => "changes" | "collection"): Queries =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          name(i),
          sync.all(from(Doc).where({ owner: `o${i}` }), { on: on(i) }),
        ]),
      );
    const plain = await cursorOf(queries(() => "changes"));
    expect(plain.length).toBeLessThanOrEqual(200);
    const page = await sync.subscribe(
      tenant,
      queries((i) => (i % 2 === 0 ? "collection" : "changes")),
    );
    // Labels that stand still while their rows move are at versions of their own.
    for (let i = 0; i < Math.min(count, 10); i += 2) {
      await repo.insert(Doc, { id: `x${i}`, owner: `o${i}`, rank: 1 }, { tenant });
      const row = await repo.getOrThrow(Doc, `x${i}`, { tenant });
      const { version } = await repo.transactional(
        tenant,
        () => repo.insert(Doc, { ...row, rank: 2 }, { onConflict: "replaceAll" }),
        { returning: "version" },
      );
      await page.until(version);
    }
    expect(page.cursor.length).toBeLessThanOrEqual(200 + 8 * count);
    expect(
      await first(
        queries((i) => (i % 2 === 0 ? "collection" : "changes")),
        page.cursor,
      ),
    ).toMatchObject({
      type: "progress",
    });
  });

  test("does not depend on the ids of each", async () => {
    for (let i = 0; i < 300; i++)
      await repo.insert(Doc, { id: `a long id ${i}`, owner: "me", rank: 1 }, { tenant });
    const cursor = await cursorOf({
      e: sync.each(sync.all(from(Doc).select("id")), (id) => sync.one(Doc, id)),
    });
    expect(cursor.length).toBeLessThanOrEqual(200);
  });
});

describe("a store that was put back", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-lives-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const opened = async (path: string) => {
    const own = new Repo({
      url: `embedded:${join(folder, path)}`,
      storageId: "lives",
      migrations: [[1, Docs]],
    });
    return { own, live: new Sync(own), at: await Tenant.openOrCreate(own, "t") };
  };

  test("gives a snapshot for the cursors of the store it was; a store that was only opened again goes on from them", async () => {
    const { own, live, at } = await opened("a");
    await own.insert(Doc, { id: "kept", owner: "me", rank: 1 }, { tenant: at });
    const page = await live.subscribe(at, { d: live.all(from(Doc).orderBy("id")) });
    const before = page.cursor;
    await own.backup(join(folder, "backup"));
    const { version } = await own.transactional(
      at,
      () => own.insert(Doc, { id: "lost", owner: "me", rank: 2 }),
      { returning: "version" },
    );
    await page.until(version);
    const lost = page.cursor;
    await live.close();
    await own.close();

    const again = await opened("a");
    const same = { d: again.live.all(from(Doc).orderBy("id")) };
    expect((await again.live.subscribe(again.at, same, { resume: lost })).value.d).toHaveLength(2);
    expect(await next(await again.live.subscribe(again.at, same, { resume: lost }))).toMatchObject({
      type: "progress",
    });
    await again.live.close();
    await again.own.close();

    await restoreStore(join(folder, "backup"), join(folder, "b"));
    const back = await opened("b");
    // Its versions begin behind the backup's; soon they are beyond those that it has lost.
    for (let later = 0n, n = 0; later <= version; n++)
      ({ version: later } = await back.own.transactional(
        back.at,
        () => back.own.insert(Doc, { id: `other ${n}`, owner: "me", rank: 3 }),
        { returning: "version" },
      ));
    const queries = { d: back.live.all(from(Doc).orderBy("id")) };
    for (const resume of [lost, before])
      expect(await next(await back.live.subscribe(back.at, queries, { resume }))).toMatchObject({
        type: "snapshot",
        reason: "cursor-expired",
      });
    await back.live.close();
    await back.own.close();
  });

  const next = async (page: AsyncIterable<unknown>) => {
    for await (const transition of page) return transition;
    return undefined;
  };
});

describe("the content of a cursor", () => {
  const bytes = (length: number) => Buffer.alloc(length, 7);
  const content = (shownAt: CursorContent["shownAt"], version = 10n ** 15n): CursorContent => ({
    version,
    life: bytes(6),
    queries: bytes(8),
    rights: bytes(6),
    schemas: bytes(6),
    made: 2 ** 48 - 1,
    madeSchemas: 0,
    shownAt,
    commit: "AAAAAAAAAAAAAAAAAAAAAA.1a2b3c",
  });

  test.each([
    [
      [undefined, undefined],
      [undefined, undefined],
    ],
    [
      [5n, 5n, 5n],
      [-1n, -1n, -1n],
    ],
    [
      [10n ** 15n - 9n, undefined, -1n],
      [10n ** 15n - 9n, undefined, -1n],
    ],
    [
      [10n ** 15n - 9n, 10n ** 15n - 9n],
      [10n ** 15n - 9n, 10n ** 15n - 9n],
    ],
    [[10n ** 15n], [undefined]],
    // An age that six characters hold, and the first that they do not.
    [
      [10n ** 15n - 64n ** 6n + 2n, undefined],
      [10n ** 15n - 64n ** 6n + 2n, undefined],
    ],
    [
      [10n ** 15n - 64n ** 6n + 1n, undefined],
      [-1n, undefined],
    ],
  ])("comes back as it was (%#)", (given, expected) => {
    const read = decodeContent(encodeContent(content(given)));
    expect(given.map((_, place) => shownOf(read, place))).toEqual(expected);
    expect({ ...read, shownAt: [] }).toEqual({ ...content(given), shownAt: [] });
  });

  test("of another release says nothing, though its signature is right", async () => {
    const ring = newRing();
    const key = ring.keys[0];
    const open = (text: string) => openCursor(async (id) => keyOf(ring, id, 0), "t", text);
    const texts = encodeContent(content([]));
    expect(await open(sealCursor(key, "t", texts))).toEqual(texts);
    const mac = createHmac("sha256", Buffer.from(key.secret, "hex"))
      .update(["cursor", 1, `t${JSON.stringify([9, key.id, texts])}`].join("\0"))
      .digest()
      .subarray(0, 16)
      .toString("base64url");
    const other = (format: number) =>
      Buffer.from(JSON.stringify([format, key.id, mac, [texts]])).toString("base64url");
    expect(await open(other(9))).toBeUndefined();
    await expect(open(other(8))).rejects.toThrow(InvalidCursorError);
  });
});

describe("keys", () => {
  test("that were replaced are good until their time is over, and not for longer than was promised before", () => {
    const first = newRing();
    const second = rotated(first, 1_000, 500);
    const third = rotated(second, 1_100, 10_000);
    const [old] = first.keys;
    expect(second.keys).toHaveLength(2);
    expect(keyOf(second, old.id, 1_499)).toMatchObject({ secret: old.secret });
    expect(keyOf(second, old.id, 1_500)).toBeUndefined();
    expect(keyOf(third, old.id, 1_499)).toBeDefined();
    expect(keyOf(third, old.id, 1_500)).toBeUndefined();
    expect(rotated(third, 5_000, 0).keys).toHaveLength(1);
    expect(new Set([...third.keys, ...second.keys].map(({ id }) => id)).size).toBe(3);
  });

  test("are made once, whoever asks first, and are of one store", async () => {
    const rings = await Promise.all(Array.from({ length: 5 }, () => readKeyRing(engine, "together")));
    expect(new Set(rings.map(({ keys }) => keys[0].secret)).size).toBe(1);
    const [one, two] = [await readKeyRing(engine, "one"), await readKeyRing(engine, "two")];
    expect(one.keys[0].secret).not.toBe(two.keys[0].secret);
    expect(one.keys[0].secret).toMatch(/^[0-9a-f]{64}$/);
  });

  test("a rotation keeps cursors alive, and those of a newer key are known at once in other processes", async () => {
    const cursor = await cursorOf(all());
    const second = new Repo({ engine, storageId: "cursors", migrations: [[1, Docs]] });
    const other = new Sync(second);
    const opened = { sync: other, tenant: await Tenant.open(second, "a") };
    expect(await first(all(), cursor, {}, opened)).toMatchObject({ type: "progress" });
    expect(await rotateCursorKeys(engine, "cursors", 60_000)).toBe(2);
    const third = new Repo({ engine, storageId: "cursors", migrations: [[1, Docs]] });
    const newest = new Sync(third);
    const page = await newest.subscribe(await Tenant.open(third, "a"), all());
    const keyNamed = (text: string) => JSON.parse(Buffer.from(text, "base64url").toString())[1];
    expect(keyNamed(page.cursor)).not.toBe(keyNamed(cursor));
    expect(await first(all(), page.cursor, {}, opened)).toMatchObject({ type: "progress" });
    expect(
      await first(all(), cursor, {}, { sync: newest, tenant: await Tenant.open(third, "a") }),
    ).toMatchObject({
      type: "progress",
    });
    await rotateCursorKeys(engine, "cursors", 0);
    const last = new Repo({ engine, storageId: "cursors", migrations: [[1, Docs]] });
    const strict = new Sync(last);
    const of = { sync: strict, tenant: await Tenant.open(last, "a") };
    for (const old of [cursor, page.cursor])
      await expect(first(all(), old, {}, of)).rejects.toThrow(InvalidCursorError);
    for (const closing of [newest, other, strict, third, second, last]) await closing.close();
  });

  test("a crowd of unknown names costs two reads", async () => {
    let reads = 0;
    const ring = newRing();
    const keys = new CursorKeys(async () => {
      reads++;
      return ring;
    });
    await keys.ready();
    expect(await keys.find(ring.keys[0].id)).toBe(ring.keys[0]);
    expect(reads).toBe(1);
    const found = await Promise.all(
      Array.from({ length: 500 }, (_, i) => keys.find(i.toString(16).padStart(8, "0"))),
    );
    expect(found.every((key) => key === undefined)).toBe(true);
    expect(reads).toBeLessThanOrEqual(3);
  });

  test("a store that cannot be read refuses whoever needs it, and is asked again", async () => {
    let fails = true;
    const ring = newRing();
    const keys = new CursorKeys(async () => {
      if (fails) throw new Error("down");
      return ring;
    });
    await expect(keys.ready()).rejects.toThrow("down");
    await expect(keys.find("00000000")).rejects.toThrow("down");
    fails = false;
    await keys.ready();
    expect(keys.signing).toBe(ring.keys[0]);
  });
});
