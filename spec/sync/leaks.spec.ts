import { getEventListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { from, openEngine, Repo, type SubscribeOptions, Sync, Tenant } from "../../lib/index.js";
import type { Queries } from "../../lib/sync/live/transition.js";
import { Loose, label, labels, Post, Posts } from "./leaks/labels.js";
import { WatchedEngine } from "./leaks/watched-engine.js";
import { type Random, random } from "./runs.js";

const cycles = Number(process.env.PLINTH_CYCLES ?? 150);
const seed = Number(process.env.PLINTH_SEED ?? 1);

let engine: WatchedEngine;
let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeAll(async () => {
  engine = new WatchedEngine(await openEngine("memory:"));
  repo = new Repo({ engine, storageId: "leaks", migrations: [[1, Posts]] });
  tenant = await Tenant.openEmpty(repo, "leaks");
  sync = new Sync(repo);
  const rows = Array.from({ length: 20 }, (_, id) => ({ id, owner: `o${id % 3}`, rank: id, text: null }));
  await repo.insertAll(Post, rows, { tenant });
  await repo.insertAll(
    Loose,
    rows.map(({ id, rank }) => ({ id, rank })),
    { tenant },
  );
});
afterAll(async () => {
  await sync.close();
  await repo.close();
  await engine.close();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A subscription that is opened, used in some way, and ended in some way. */
async function useAndEnd(next: Random, shared: AbortSignal): Promise<void> {
  const own = new AbortController();
  // Rights judge rows, which lists of lists have not.
  const below = next(6) === 0 ? 11 : 12;
  const options: SubscribeOptions = {
    signal: next(2) === 0 ? own.signal : shared,
    ...(below === 11 ? { authorize: { row: (row) => row !== null, watch: sync.one(Post, 0) } } : {}),
    ...(next(4) === 0 ? { delivery: next(2) === 0 ? "reset" : { budget: { transitions: 2 } } } : {}),
  };
  const sub = await sync.subscribe(tenant, labels(sync, next, below), options);
  if (next(3) === 0) sub.on("transition", () => undefined, { signal: shared });
  if (next(3) === 0) sub.on("change:l0", () => undefined);
  if (next(3) === 0) for await (const _ of sub) break;
  if (next(8) === 0) await sub.stream({ format: "sse" }).getReader().read();
  if (next(20) === 0) {
    const { version } = await repo.transactional(
      tenant,
      () => repo.insert(Post, { id: 1, owner: "o1", rank: next(20) }, { onConflict: "replaceAll" }),
      { returning: "version" },
    );
    await sub.until(version, { signal: shared, timeoutMs: 60_000 });
  }
  if (next(12) === 0) sub.pause();
  if (next(12) === 0) await sub.set("l0" as never, label(sync, next, below) as never);
  if (next(12) === 0) await sub.add({ more: label(sync, next, below) });
  if (next(12) === 0) void sub.until(sub.version + 10n ** 15n).catch(() => undefined);
  if (next(12) === 0) {
    const resumed = await sync.subscribe(tenant, labels(sync, next), { resume: sub.cursor });
    await resumed.close();
  }
  if (options.signal === own.signal) own.abort();
  else if (next(2) === 0) await sub[Symbol.asyncDispose]();
  else await sub.close();
  expect(sub.state).toBe("closed");
}

/** A subscription that is given up before it is there. */
async function abortHalfway(next: Random): Promise<void> {
  const own = new AbortController();
  const reason = new Error("given up");
  const opening = sync
    .subscribe(tenant, labels(sync, next), { signal: own.signal })
    .catch((error: unknown) => {
      if (error !== reason) throw error;
    });
  for (let turns = next(4); turns > 0; turns--) await turn();
  own.abort(reason);
  const sub = await opening;
  expect(sub?.state ?? "closed").toBe("closed");
}

/** A subscription that cannot be. */
async function fail(next: Random, shared: AbortSignal): Promise<void> {
  const good = labels(sync, next, 11);
  const judge = () => {
    throw new Error("judged");
  };
  const attempt = (queries: Queries, options: SubscribeOptions = {}) =>
    sync.subscribe(tenant, { ...good, ...queries }, { signal: shared, ...options }).then(
      () => "opened",
      () => "refused",
    );
  switch (next(4)) {
    case 0:
      expect(await attempt({ bad: sync.all(Loose) })).toBe("refused");
      return;
    case 1:
      expect(await attempt({ bad: sync.all(from(Post).where({ text: "x" })) })).toBe("refused");
      return;
    case 2:
      expect(await attempt({ rows: sync.all(Post) }, { authorize: { row: judge } })).toBe("refused");
      return;
    default:
      expect(
        await attempt({ bad: sync.each(sync.all(from(Post).select("id")), () => sync.one(Post, undefined)) }),
      ).toBe("refused");
  }
}

/** A subscription whose first read fails. */
async function failToRead(next: Random, shared: AbortSignal): Promise<void> {
  engine.failing = true;
  const rows = sync.all(from(Post).where({ rank: { gte: next(20) } }));
  await expect(sync.subscribe(tenant, { ...labels(sync, next), rows }, { signal: shared })).rejects.toThrow();
  engine.failing = false;
}

async function run(count: number, next: Random, shared: AbortSignal): Promise<void> {
  for (let done = 0; done < count; done += 200) {
    await runSome(Math.min(200, count - done) - 1, next, shared);
    await failToRead(next, shared);
  }
}

async function runSome(count: number, next: Random, shared: AbortSignal): Promise<void> {
  let left = count;
  const cycle = async (): Promise<void> => {
    while (left-- > 0) {
      const kind = next(10);
      if (kind < 7) await useAndEnd(next, shared);
      else if (kind < 9) await abortHalfway(next);
      else await fail(next, shared);
    }
  };
  await Promise.all([cycle(), cycle(), cycle()]);
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
  }
  return process.memoryUsage().heapUsed;
}

test(
  `${cycles} subscriptions that come and go leave nothing behind`,
  async () => {
    const next = random(seed);
    const shared = new AbortController();
    // What is made once is made here: most of it is compiled code, which grows for some 50,000 cycles.
    await run(Math.min(cycles, 50_000), next, shared.signal);
    const before = await heapUsed();
    await run(cycles, next, shared.signal);
    const after = await heapUsed();

    const { subscriptions, watches, queries, feeds } = sync.inspect();
    expect({ subscriptions, watches, queries, feeds }).toEqual({
      subscriptions: 0,
      watches: 0,
      queries: [],
      feeds: [],
    });
    expect(engine.outstanding).toBe(0);
    expect(getEventListeners(shared.signal, "abort")).toEqual([]);
    const bytes = (after - before) / cycles;
    if (process.env.PLINTH_CYCLES !== undefined)
      process.stdout.write(`${JSON.stringify({ cycles, before, after, bytesPerCycle: bytes })}\n`);
    // A subscription that stayed would be a kibibyte and more; this is noise, whatever the number of cycles.
    expect(after - before).toBeLessThan(1_500_000);
  },
  60_000 + cycles * 30,
);

test("nothing listens to a signal for longer than it has to, although garbage was collected meanwhile", async () => {
  const shared = new AbortController();
  const { signal } = shared;
  const listening = () => getEventListeners(signal, "abort").length;
  const open = () => sync.subscribe(tenant, { posts: sync.all(Post) }, { signal });
  const subs = await Promise.all([open(), open(), open()]);
  for (const sub of subs) sub.until(sub.version + 10n ** 15n, { signal }).catch(() => undefined);
  const consuming = ["one", "two"].map((name) =>
    sync.consume(tenant, name, { posts: sync.all(Post) }, async () => undefined, { signal }),
  );
  try {
    await heapUsed();
    for (const sub of subs) await sub.close();
    // Wakes the consumers, which then wait anew.
    await repo.insert(Post, { id: 1, owner: "o1", rank: 1 }, { tenant, onConflict: "replaceAll" });
    await heapUsed();
    // A consumer waits, or runs a transaction.
    expect(listening()).toBeLessThanOrEqual(2);
  } finally {
    shared.abort();
    await Promise.all(consuming);
  }
  expect(listening()).toBe(0);
});
