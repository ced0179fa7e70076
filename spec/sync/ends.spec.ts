import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  create,
  Field,
  from,
  IncorrectTenancyError,
  InvalidOptionsError,
  InvalidQueryError,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  SubscriptionClosedError,
  Sync,
  Tenant,
  TenantGoneError,
  UnknownEventError,
} from "../../lib/index.js";

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare n: number | null;
}

@Schema("parts")
class Part {
  @PrimaryKey("string", { partitionBy: "doc" }) declare id: string;
  @Field("string") declare doc: string;
  @Field("integer") declare n: number;
}

class Docs extends Migration {
  change() {
    return [create(metadata(Doc)), create(metadata(Part))];
  }
}

let repo: Repo;
let sync: Sync;
let tenant: Tenant;
let logged: { readonly err?: Error }[];
beforeEach(async () => {
  logged = [];
  const log = (facts: object) => void logged.push(facts);
  const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: log };
  repo = new Repo({ url: "memory:", storageId: "ends", migrations: [[1, Docs]], logger });
  sync = new Sync(repo);
  tenant = await Tenant.openEmpty(repo, "a");
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const page = () => sync.subscribe(tenant, { docs: sync.all(Doc) });
const write = async (id: string) =>
  (await repo.transactional(tenant, () => repo.insert(Doc, { id, n: 1 }), { returning: "version" })).version;

/** Ends with the tenant. */
async function ended() {
  const one = await page();
  await Tenant.delete(repo, "a");
  while (one.state !== "closed") await turn();
  return one;
}

describe("whoever looks after a subscription has failed is told the reason", () => {
  test("by loops, streams, waits and changes of labels, each time", async () => {
    const one = await ended();
    for (let i = 0; i < 2; i++) {
      const loop = (async () => {
        for await (const _ of one);
      })();
      await expect(loop).rejects.toThrow(TenantGoneError);
      const stream = async () => {
        const reader = one.stream({ format: "sse" }).getReader();
        while (!(await reader.read()).done);
      };
      await expect(stream()).rejects.toThrow(TenantGoneError);
      await expect(one.until(1n)).rejects.toThrow(TenantGoneError);
      for (const refused of [one.set("docs", sync.all(Doc)), one.resume()]) {
        const error = await refused.then(undefined, (thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(SubscriptionClosedError);
        expect((error as Error).cause).toBeInstanceOf(TenantGoneError);
      }
    }
  });

  test("by listeners, at once and once", async () => {
    const one = await ended();
    const told: unknown[] = [];
    one.on("error", (error) => told.push(error));
    one.on("close", () => told.push("close"));
    one.on("change", () => told.push("change"));
    const aborted = new AbortController();
    one.on("close", () => told.push("aborted"), { signal: aborted.signal });
    aborted.abort();
    await turn();
    expect(told).toEqual([expect.any(TenantGoneError), "close"]);
  });

  test("one that was closed ends without an error, late listeners too", async () => {
    const one = await page();
    await one.close();
    const told: string[] = [];
    one.on("error", () => told.push("error"));
    one.on("close", () => told.push("close"));
    const types: string[] = [];
    for await (const { type } of one) types.push(type);
    await turn();
    expect([types, told]).toEqual([["snapshot"], ["close"]]);
    await expect(one.until(1n)).rejects.toThrow(SubscriptionClosedError);
    expect(logged).toEqual([]);
  });
});

describe("an error that nobody listens for is logged once", () => {
  test.each([
    ["nobody", () => undefined, 1],
    ["a listener of changes", (one) => void one.on("change", () => undefined), 1],
    ["a listener of the end", (one) => void one.on("close", () => undefined), 1],
    [
      "a loop that was left",
      (one) =>
        (async () => {
          for await (const _ of one) break;
        })(),
      1,
    ],
    ["a listener of errors", (one) => void one.on("error", () => undefined), 0],
    [
      "a loop",
      (one) =>
        void (async () => {
          for await (const _ of one);
        })().catch(() => undefined),
      0,
    ],
    ["somebody who waits", (one) => void one.until(1n << 60n).catch(() => undefined), 0],
  ] as [string, (one: Awaited<ReturnType<typeof page>>) => unknown, number][])(
    "with %s",
    async (_, listen, times) => {
      const one = await page();
      await listen(one);
      await Tenant.delete(repo, "a");
      while (one.state !== "closed") await turn();
      await turn();
      await turn();
      expect(logged.map(({ err }) => err?.name)).toEqual(
        Array.from({ length: times }, () => "TenantGoneError"),
      );
    },
  );

  test("a subscription that is refused says so to whoever subscribes, and to nobody else", async () => {
    await repo.insert(Doc, { id: "a", n: 1 }, { tenant });
    const bomb = from(Doc).filter(() => {
      throw new Error("boom");
    });
    await expect(sync.subscribe(tenant, { docs: sync.all(bomb) })).rejects.toThrow("boom");
    await turn();
    expect(logged).toEqual([]);
  });
});

describe("until, while paused", () => {
  test("waits until the value holds the commit, also after labels were set; ends with timeout, signal and close", async () => {
    const one = await page();
    one.pause();
    const version = await write("a");
    let resolved = false;
    const wait = one.until(version).then(() => {
      resolved = true;
    });
    await expect(one.until(version, { timeoutMs: 20 })).rejects.toThrow(/not reached/);
    const control = new AbortController();
    const given = one.until(version, { signal: control.signal });
    control.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await one.set("docs", sync.all(from(Doc).where({ n: 1 }).scan()));
    expect([resolved, one.value.docs]).toEqual([false, []]);
    await one.resume();
    await wait;
    expect(one.value.docs).toHaveLength(1);
    await one.until(0n);
    one.pause();
    const last = one.until(await write("b"));
    await one.close();
    await expect(last).rejects.toThrow(SubscriptionClosedError);
  });

  test("labels without rows reach every version", async () => {
    const none = await sync.subscribe(tenant, { none: sync.many(Doc, []) });
    const version = await write("a");
    await none.until(version, { timeoutMs: 5_000 });
    expect(none.version).toBeGreaterThanOrEqual(version);
  });
});

test("a label that is another kind of value after a pause is told by a snapshot", async () => {
  await write("a");
  const one = await sync.subscribe(tenant, { x: sync.all(Doc) as never });
  const reader = one[Symbol.asyncIterator]();
  await reader.next();
  one.pause();
  await one.set("x", sync.count(Doc) as never);
  await one.resume();
  for (;;) {
    const { value: t } = await reader.next();
    if (t?.type === "status") continue;
    expect(t).toMatchObject({ type: "snapshot", reason: "params-changed", value: { x: 1 }, labels: ["x"] });
    break;
  }
});

describe("what does not exist is refused with a typed error", () => {
  test("events", async () => {
    const one = await page();
    const on = one.on as (event: unknown, listener: unknown) => unknown;
    for (const event of ["chnage", "change:nothing", "change:", "", 5, null, undefined])
      expect(() => on.call(one, event, () => undefined)).toThrow(UnknownEventError);
    expect(() => on.call(one, "change", "no function")).toThrow(InvalidOptionsError);
    expect(() => one.stream({ format: "xml" as never })).toThrow(InvalidOptionsError);
  });

  test("options, of every call", async () => {
    const one = await page();
    const bad = { timeoutms: 5 } as never;
    const queries = { docs: sync.all(Doc) };
    for (const call of [
      () => sync.subscribe(tenant, queries, bad),
      () => sync.subscribe(tenant, queries, null as never),
      () => sync.subscribe(tenant, queries, { authorise: { row: () => true } } as never),
      () => sync.subscribe(tenant, queries, { authorize: { rows: () => true } as never }),
      () => sync.subscribe(tenant, queries, { authorize: { row: true as never } }),
      () => sync.subscribe(tenant, queries, { authorize: { row: () => true, watch: from(Doc) as never } }),
      () => sync.subscribe(tenant, queries, { delivery: { overflow: "reset" } as never }),
      () => sync.subscribe(tenant, queries, { delivery: { budget: { byte: 5 } as never } }),
      () => sync.subscribe(tenant, queries, { signal: new AbortController() as never }),
      () => sync.subscribe(tenant, sync.all(Doc) as never),
      () => one.until(1n, bad),
      () => sync.consume(tenant, "c", queries, () => undefined, bad),
      () => sync.consume(tenant, "c", queries, "no function" as never),
      () => sync.consume(tenant, "c", queries, () => undefined, { start: "later" as never }),
      () => sync.consume(tenant, "", queries, () => undefined),
    ])
      await expect(call()).rejects.toThrow(InvalidOptionsError);
    expect(() => one.on("close", () => undefined, bad)).toThrow(InvalidOptionsError);
    expect(() => sync.inspect(bad)).toThrow(InvalidOptionsError);
    expect(() => sync.all(Doc, bad)).toThrow(InvalidOptionsError);
    expect(() => new Sync(repo, bad)).toThrow(InvalidOptionsError);
  });

  test("tenants in another form", async () => {
    const unopened = Tenant.open(repo, "a");
    for (const wrong of ["a", undefined, null, {}, unopened, repo]) {
      await expect(sync.subscribe(wrong as never, { docs: sync.all(Doc) })).rejects.toThrow(
        IncorrectTenancyError,
      );
      await expect(
        sync.consume(wrong as never, "c", { docs: sync.all(Doc) }, () => undefined),
      ).rejects.toThrow(IncorrectTenancyError);
    }
    await unopened;
  });
});

test("a thousand subscriptions on one signal warn nobody, and end with it", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  const control = new AbortController();
  const { signal } = control;
  const pages = await Promise.all(
    Array.from({ length: 1_000 }, () => sync.subscribe(tenant, { docs: sync.all(Doc) }, { signal })),
  );
  for (const one of pages.slice(0, 50)) {
    one.on("change", () => undefined, { signal });
    void one.until(1n << 60n, { signal }).catch(() => undefined);
  }
  await turn();
  control.abort();
  await turn();
  expect(pages.every(({ state }) => state === "closed")).toBe(true);
  process.off("warning", warn);
  expect(warnings).toEqual([]);
});

describe("a Sync that is closed", () => {
  test("ends its consumers after the batch at hand, and takes no others", async () => {
    const got: unknown[] = [];
    const work = sync.consume(tenant, "c", { docs: sync.all(Doc) }, (batch) => {
      got.push(...batch.changes.docs.map(({ key }) => key));
    });
    await write("a");
    while (got.length === 0) await turn();
    await sync.close();
    await work;
    await write("b");
    for (let i = 0; i < 20; i++) await turn();
    expect(got).toEqual(["a"]);
    await expect(sync.consume(tenant, "c", { docs: sync.all(Doc) }, () => undefined)).rejects.toThrow(
      SubscriptionClosedError,
    );
  });

  test("can be closed in a handler", async () => {
    const own = new Sync(repo);
    await write("a");
    await own.consume(tenant, "closing", { docs: own.all(Doc) }, async () => {
      await own.close();
    });
  });
});

describe("partitioned rows", () => {
  test("are called by partition and key, in subscriptions and in consumers", async () => {
    const row = await repo.insert(Part, { doc: "d", id: "1", n: 1 }, { tenant });
    const one = await sync.subscribe(tenant, {
      all: sync.all(Part),
      one: sync.one(Part, ["d", "1"]),
      named: sync.one(Part, { doc: "d", id: "1" }),
      many: sync.many(Part, [["d", "1"], { doc: "d", id: "2" }]),
    });
    const keys: unknown[] = [];
    one.on("change", ({ changes }) => {
      for (const some of Object.values(changes)) keys.push(...some!.map(({ key }) => key));
    });
    const { version } = await repo.transactional(tenant, () => repo.delete(row), { returning: "version" });
    await one.until(version);
    expect(keys).toEqual([
      ["d", "1"],
      ["d", "1"],
      ["d", "1"],
      ["d", "1"],
    ]);
    const stop = new AbortController();
    const told: unknown[] = [];
    await repo.insert(Part, { doc: "d", id: "2", n: 1 }, { tenant });
    await sync.consume(
      tenant,
      "parts",
      {
        all: sync.all(Part),
        one: sync.one(Part, ["d", "2"]),
        many: sync.many(Part, [["d", "2"]]),
        none: sync.many(Part, []),
      },
      (batch) => {
        for (const [label, some] of Object.entries(batch.changes))
          told.push([label, some.map(({ key }) => key)]);
        stop.abort();
      },
      { signal: stop.signal },
    );
    expect(Object.fromEntries(told as [string, unknown][])).toEqual({
      all: [["d", "2"]],
      one: [["d", "2"]],
      many: [["d", "2"]],
      none: [],
    });
  });
});

test("filters take plain data alone as what they refer to", () => {
  expect(() => from(Doc).filter(() => true, [() => 1])).toThrow(InvalidQueryError);
});
