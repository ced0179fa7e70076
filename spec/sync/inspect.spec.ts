import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { from } from "../../lib/query/index.js";
import { Latencies } from "../../lib/sync/hub/latencies.js";
import { inspectHub } from "../../lib/sync/inspect/inspect-hub.js";
import { liveAll, liveCount, liveEach, liveOne, liveSignal } from "../../lib/sync/queries/live-queries.js";
import { Account, World } from "./world.js";

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const list = () => liveAll<Account>(from(Account).orderBy("balance"), undefined);
const mine = (owner: string) => liveAll<Account>(from(Account), { owner });
const now = () => world.write((ctx) => ctx.tx.getReadVersion());
const inspect = (top?: number) => inspectHub(world.hub, world.open, top === undefined ? {} : { top });
/** The events of a watch come by themselves, not because somebody asked. */
const next = (sub: { on(event: "change", fn: () => void): unknown }) =>
  new Promise<void>((resolve) => sub.on("change", () => resolve()));

describe("live queries", () => {
  test("are told with their subscribers, also those inside others", async () => {
    await world.insert(Account, { id: "a", owner: "x" });
    const cards = () =>
      liveEach(liveAll<string>(from(Account).select("id"), undefined), (id) => liveOne(Account, id));
    const each = cards();
    for (let i = 0; i < 3; i++) await world.subscribe({ cards: each });
    await world.subscribe({ one: liveOne(Account, "a"), count: liveCount(Account) });
    const { queries, subscriptions, totals } = inspect();
    const by = (kind: string) => queries.filter((query) => query.kind === kind);
    expect(subscriptions).toBe(4);
    expect(totals.queries).toBe(4);
    expect(by("each")).toMatchObject([{ subscribers: 3, rows: 1 }]);
    expect(by("all")).toMatchObject([{ subscribers: 3, rows: 1, source: "accounts" }]);
    expect(by("one")).toMatchObject([{ subscribers: 4, rows: 1 }]);
    expect(by("count")).toMatchObject([{ subscribers: 1, rows: 1 }]);
  });

  test("weigh what they hold: more rows and longer ones more, a window its spare rows too", async () => {
    const note = "n".repeat(500);
    for (let i = 0; i < 40; i++) await world.insert(Account, { id: `a${i}`, balance: i, owner: "x" });
    await world.subscribe({
      list: list(),
      top: liveAll(from(Account).orderBy("balance").limit(5), undefined),
    });
    await world.subscribe({ n: liveCount(Account), s: liveSignal(Account, "changes") });
    const bytes = () =>
      inspect().queries.map(
        ({ kind, rows, bytes }) => [kind === "all" ? `all ${rows}` : kind, bytes] as const,
      );
    const before = new Map(bytes());
    expect(before.get("all 40")).toBeGreaterThan(40 * 200);
    expect(before.get("all 40")).toBeLessThan(40 * 1_000);
    // Five rows, and as many behind the edge.
    const places = before.get("all 5")! / (before.get("all 40")! / 40);
    expect(Math.round(places * 10) / 10).toBe(10);
    expect(before.get("count")).toBeGreaterThan(40 * 50);
    expect(before.get("signal")).toBe(0);
    const sub = await world.subscribe({ list: list() });
    for (let i = 0; i < 40; i++) await world.update(Account, `a${i}`, { note });
    await sub.until(await now());
    expect(new Map(bytes()).get("all 40")! - before.get("all 40")!).toBeGreaterThanOrEqual(40 * 500);
  });

  test("count their evaluations, and those of which nothing visible came", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1 });
    const sub = await world.subscribe({
      mine: mine("x"),
      other: mine("y"),
      ids: liveAll<string>(from(Account).where({ owner: "x" }).select("id"), undefined),
    });
    const step = async (values: Partial<Account>) => {
      await world.update(Account, "a", values);
      await sub.until(await now());
      return inspect()
        .queries.map(({ evaluations, wasted }) => [evaluations, wasted])
        .sort();
    };
    expect(inspect().queries.map(({ evaluations }) => evaluations)).toEqual([0, 0, 0]);
    // A list of ids is asked, because the row may have left, and does not move.
    expect(await step({ note: "n" })).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
    ]);
    expect(await step({ owner: "y" })).toEqual([
      [1, 0],
      [2, 0],
      [2, 1],
    ]);
    expect(inspect().feeds).toMatchObject([{ evaluations: 5, wasted: 1, entries: 2 }]);
    expect(inspect().totals).toMatchObject({ evaluations: 5, wasted: 1 });
  });

  test("are not asked about rows without the value that they ask for", async () => {
    const sub = await world.subscribe({ a: mine("v"), b: mine("x"), c: mine("w") });
    await world.insert(Account, { id: "a", owner: null });
    await world.update(Account, "a", { note: "n" });
    await world.delete(Account, "a");
    await sub.until(await now());
    expect(inspect().totals.evaluations).toBe(0);
  });

  test("the top ones are those with most work", async () => {
    await world.insert(Account, { id: "a", owner: "x" });
    const sub = await world.subscribe({ a: mine("v"), b: mine("x"), c: mine("w") });
    await world.update(Account, "a", { note: "n" });
    await sub.until(await now());
    const { queries, feeds, totals } = inspect(1);
    expect(queries).toMatchObject([{ evaluations: 1, rows: 1 }]);
    expect([feeds.length, totals.queries, totals.feeds]).toEqual([1, 3, 1]);
  });
});

describe("feeds", () => {
  test("know their log's ends from the beginning, and that nothing is missing", async () => {
    await world.insert(Account, { id: "a" });
    const sub = await world.subscribe({ list: list() });
    expect(inspect().feeds).toMatchObject([{ id: "log:accounts", tail: 0n, lagMs: 0, watches: 1 }]);
    const first = inspect().feeds[0]!.head!;
    expect(first).toBeGreaterThan(0n);
    await world.insert(Account, { id: "b" });
    const version = await now();
    await sub.until(version);
    const [feed] = inspect().feeds;
    expect(feed).toMatchObject({ tail: 0n, lagMs: 0, queries: 1, state: "live" });
    expect(feed!.head).toBeLessThanOrEqual(version);
    expect(feed!.head).toBeGreaterThan(first);
    expect(feed!.version).toBeGreaterThanOrEqual(feed!.head!);
    expect(feed!.ageMs).toBeGreaterThanOrEqual(0);
  });

  test("lag from the moment when a watch fired until its changes are in the values", async () => {
    const sub = await world.subscribe({ list: list() });
    const [hub] = world.hub.tenants;
    const [feed] = [...hub!.feeds.values()];
    hub!.poke(feed!, performance.now());
    const before = hub!.lagMs(feed!);
    await new Promise((resolve) => setTimeout(resolve, 0));
    await sub.until(await now());
    expect(before).toBeGreaterThan(0);
    expect(hub!.lagMs(feed!)).toBe(0);
  });

  test("that are rows count their evaluations too", async () => {
    await world.close();
    world = await World.create({ accounts: false });
    const sub = await world.subscribe({ one: liveOne(Account, "a") });
    const changed = next(sub);
    await world.insert(Account, { id: "a" });
    await changed;
    expect(inspect().feeds).toMatchObject([
      { head: null, tail: null, evaluations: 1, wasted: 0, entries: 0 },
    ]);
  });
});

describe("latency", () => {
  test("is measured for reads that a watch has started and that told something", async () => {
    const sub = await world.subscribe({ list: list() });
    expect(inspect().latency).toEqual({ samples: 0, p50Ms: null, p99Ms: null });
    const changed = next(sub);
    await world.insert(Account, { id: "a" });
    await changed;
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { samples, p50Ms, p99Ms } = inspect().latency;
    expect(samples).toBe(1);
    expect(p50Ms).toBe(p99Ms);
    expect(p50Ms).toBeGreaterThan(0);
    // A read that nobody's watch has started is none of it.
    world.hub.tenants[0]!.pokeAll(world.hub.tenants[0]!.feeds.values());
    await sub.until(await now());
    expect(inspect().latency.samples).toBe(1);
  });

  test("percentiles are those of the newest measurements, in the space that there is", () => {
    const some = new Latencies();
    for (let i = 1; i <= 100; i++) some.add(i);
    expect(some.percentiles()).toEqual({ samples: 100, p50Ms: 50, p99Ms: 99 });
    for (let i = 0; i < 5_000; i++) some.add(i < 4_000 ? 1e6 : 7);
    expect(some.percentiles()).toEqual({ samples: 1_024, p50Ms: 7, p99Ms: 1e6 });
  });
});

describe("what waits for readers", () => {
  test("is told of the subscriptions that have waited longest, not of those that nobody reads", async () => {
    const policies = ["conflate", "reset"] as const;
    const subs = [];
    for (const onOverflow of policies) {
      const sub = await world.subscribe(
        { [onOverflow]: list() },
        { delivery: { onOverflow, budget: { transitions: 2 } } },
      );
      subs.push(sub);
      await sub[Symbol.asyncIterator]().next();
    }
    await world.subscribe({ unread: list() });
    const read = await world.subscribe({ read: list() });
    const reader = read[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) {
      await world.insert(Account, { id: `a${i}` });
      await read.until(await now());
      await reader.next();
    }
    await reader.next();
    const { slowest } = inspect();
    expect(slowest.map(({ labels }) => labels).sort()).toEqual([["conflate"], ["reset"]]);
    for (const slow of slowest) {
      expect(slow).toMatchObject({ tenant: world.tenant.id, state: "live", transitions: 1 });
      expect(slow.ageMs).toBeGreaterThan(0);
    }
    expect(slowest[0]!.ageMs).toBeGreaterThanOrEqual(slowest[1]!.ageMs);
    await subs[0]!.close();
    expect(inspect().slowest.map(({ labels }) => labels)).toEqual([["reset"]]);
  });
});

test("work is remembered when its tenant is no longer watched", async () => {
  const sub = await world.subscribe({ list: list() });
  await world.insert(Account, { id: "a" });
  await sub.until(await now());
  const { ticks, transitions } = inspect();
  await sub.close();
  expect(inspect()).toMatchObject({ ticks, transitions, watches: 0, queries: [], subscriptions: 0 });
  expect([ticks > 1, transitions]).toEqual([true, 1]);
});
