import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { EngineError, instrument, type Operations, openEngine } from "../../lib/engine/index.js";
import { MetadataRequiredError } from "../../lib/errors.js";
import { from } from "../../lib/query/index.js";
import { schemaOf } from "../../lib/schema/index.js";
import { KeyWatch } from "../../lib/sync/node/key-watch.js";
import { ListNode } from "../../lib/sync/node/list-node.js";
import { liveAll, liveEach, liveOne } from "../../lib/sync/queries/live-queries.js";
import { register, registration } from "../layer/support.js";
import { random } from "./runs.js";
import { Account, change, put, World } from "./world.js";

let world: World;
afterEach(async () => {
  jest.restoreAllMocks();
  await world.close();
});

const list = () => liveAll<Account>(from(Account).orderBy("balance"), undefined);
const now = () => world.write((ctx) => ctx.tx.getReadVersion());

describe("a watch that fails", () => {
  test("is set again; when watches are refused, the log is read at intervals until one holds, and both are said", async () => {
    world = await World.create();
    const take = KeyWatch.prototype.take;
    let refuse = false;
    jest.spyOn(KeyWatch.prototype, "take").mockImplementation(function (this: KeyWatch, watch) {
      if (!refuse) return take.call(this, watch);
      watch.cancel();
      const promise = Promise.reject(new EngineError(1032));
      promise.catch(() => undefined);
      take.call(this, { promise, cancel: () => undefined });
    });
    const sub = await world.subscribe({ list: list() });
    const states: string[] = [];
    const live = new Promise<void>((resolve) => {
      sub.on("status", ({ state }) => {
        states.push(state);
        if (state === "live") resolve();
      });
    });
    const changed = new Promise((resolve) => sub.on("change", resolve));
    refuse = true;
    await world.insert(Account, { id: "a" });
    await changed;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(sub.state).toBe("polling");
    const polled = new Promise((resolve) => sub.on("change", resolve));
    await world.insert(Account, { id: "b" });
    await polled;
    expect(sub.value.list).toHaveLength(2);
    refuse = false;
    await live;
    expect(states).toEqual(["polling", "live"]);
    expect(world.hub.watchCount).toBe(1);
  });

  test("for another reason is set again at once", async () => {
    world = await World.create();
    const take = KeyWatch.prototype.take;
    let failures = 0;
    jest.spyOn(KeyWatch.prototype, "take").mockImplementation(function (this: KeyWatch, watch) {
      if (failures++ > 0) return take.call(this, watch);
      watch.cancel();
      const promise = Promise.reject(new EngineError(1009));
      promise.catch(() => undefined);
      take.call(this, { promise, cancel: () => undefined });
    });
    const sub = await world.subscribe({ list: list() });
    const changed = new Promise((resolve) => sub.on("change", resolve));
    await world.insert(Account, { id: "a" });
    await changed;
    expect(failures).toBeGreaterThan(1);
    expect(sub.state).toBe("live");
  });
});

test("a subscription is watched although the last other one of its source ends while it is read", async () => {
  world = await World.create();
  await world.insert(Account, { id: "a", owner: "ann", balance: 1 });
  const first = await world.subscribe({ list: list() });
  const evaluate = ListNode.prototype.evaluate;
  jest.spyOn(ListNode.prototype, "evaluate").mockImplementation(async function (this: ListNode, tick) {
    const draft = await evaluate.call(this, tick);
    await first.close();
    return draft;
  });
  const ids = liveAll<string>(from(Account).select("id"), undefined);
  const sub = await world.subscribe({
    owned: liveAll<Account>(from(Account).orderBy("balance"), { owner: "ann" }),
    each: liveEach(ids, (id) => liveOne(Account, id)),
  });
  expect(first.state).toBe("closed");
  await sub.drop("each");
  expect(world.hub.watchCount).toBe(1);
  await world.update(Account, "a", { balance: 2 });
  await sub.until(await now(), { timeoutMs: 5_000 });
  expect(sub.value.owned.map(({ balance }) => balance)).toEqual([2]);
  await sub.close();
  expect(world.hub.watchCount).toBe(0);
});

test("much at once is said before it is told", async () => {
  world = await World.create();
  const sub = await world.subscribe({ list: list() });
  const told: string[] = [];
  sub.on("transition", (t) => told.push(t.type === "status" ? t.state : t.type));
  await world.write(async (ctx) => {
    for (let i = 0; i < 1_200; i++) await put(ctx, Account, { id: `a${i}`, balance: i });
  });
  await sub.until(await now());
  expect(told).toEqual(["catching-up", "change", "live"]);
  expect(sub.value.list).toHaveLength(1_200);
});

describe("work", () => {
  /** What one change of one row costs a live list of `rows` rows. */
  async function costOf(rows: number) {
    const transactions = new Map<unknown, Readonly<Operations>>();
    const engine = instrument(await openEngine("memory:"), (_, of, tx) => transactions.set(tx, of));
    world = await World.create({ engine });
    for (let i = 0; i < rows; i += 100) {
      await world.write(async (ctx) => {
        for (let j = i; j < i + 100; j++) await put(ctx, Account, { id: `a${10_000 + j}`, balance: j });
      });
    }
    const sub = await world.subscribe({ list: list() });
    const changes: number[] = [];
    sub.on("change:list", (some) => changes.push(some.length));
    const step = async (balance: number) => {
      const changed = new Promise((resolve) => sub.on("change", resolve));
      transactions.clear();
      await world.update(Account, "a10050", { balance });
      await changed;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const own = [...transactions.values()].filter(({ sets }) => sets === 0);
      const sum = (of: (counts: Readonly<Operations>) => number) =>
        own.reduce((total, counts) => total + of(counts), 0);
      return {
        // The metadata version comes with the read version.
        reads: sum(({ gets, getKeys, rangeReads }) => gets + getKeys + rangeReads),
        watches: sum(({ watches }) => watches),
      };
    };
    const costs = [await step(-1), await step(-2)];
    await sub.close();
    return { costs, changes };
  }

  test("of a one-row change is the same whatever the length of the list: two reads and a watch", async () => {
    const small = await costOf(100);
    await world.close();
    const large = await costOf(3_000);
    const cost = { reads: 2, watches: 1 };
    expect(small).toEqual({ costs: [cost, cost], changes: [1, 1] });
    expect(large).toEqual(small);
  });

  test("a window that lost a row is refilled from beyond its edge, and by one bounded read when that is used up", async () => {
    const engine = instrument(await openEngine("memory:"));
    world = await World.create({ engine });
    await world.write(async (ctx) => {
      for (let i = 0; i < 90; i++) await put(ctx, Account, { id: `a${100 + i}`, balance: i });
    });
    const sub = await world.subscribe({
      top: liveAll<Account>(from(Account).orderBy("balance").limit(5), undefined),
    });
    let rangeReads = 0;
    for (let i = 0; i < 20; i++) {
      engine.resetCounts();
      await world.delete(Account, `a${100 + i}`);
      await sub.until(await now());
      rangeReads += engine.counts.rangeReads;
      expect(sub.value.top.map((row) => row.id)).toEqual(
        Array.from({ length: 5 }, (_, j) => `a${101 + i + j}`),
      );
      // Index entries of the refill, and the log.
      expect(engine.counts.rows).toBeLessThanOrEqual(12);
    }
    // One read of the log for each tick, and a refill for every sixth row.
    expect(rangeReads).toBeLessThanOrEqual(20 * 2 + 5);
  });
});

describe("metadata by a field", () => {
  test("a process that asks for few values sleeps through the changes of others, and misses none of its own", async () => {
    world = await World.create();
    await register(world.process, registration(schemaOf(Account), ["owner"], { kind: "metadata" }));
    const mine = (owner: string) => liveAll<Account>(from(Account), { owner });
    const sub = await world.subscribe({ mine: mine("x") });
    const [hub] = world.hub.tenants;
    const settled = () => new Promise((resolve) => setTimeout(resolve, 15));
    await settled();
    const { ticks } = hub!.stats;
    for (let i = 0; i < 5; i++) await world.insert(Account, { id: `b${i}`, owner: "y" });
    await settled();
    expect(hub!.stats.ticks).toBe(ticks);
    const moves = ["x", "y", "x", null];
    for (const owner of moves) {
      const changed = new Promise((resolve) => sub.on("change", resolve));
      await world.update(Account, "b0", { owner });
      await changed;
      expect(sub.value.mine).toHaveLength(owner === "x" ? 1 : 0);
    }
    // A query that needs every change moves the watch to the source's own head, and back.
    const other = await world.subscribe({ all: list() });
    expect(world.hub.watchCount).toBe(1);
    const changed = new Promise((resolve) => other.on("change", resolve));
    await world.insert(Account, { id: "c", owner: "z" });
    await changed;
    await other.close();
    const again = new Promise((resolve) => sub.on("change", resolve));
    await world.insert(Account, { id: "d", owner: "x" });
    await again;
    const last = new Promise((resolve) => sub.on("change", resolve));
    await world.insert(Account, { id: "e", owner: "x" });
    await last;
    expect(sub.value.mine).toHaveLength(2);
  });

  test("many values share the source's own head", async () => {
    world = await World.create();
    await register(world.process, registration(schemaOf(Account), ["owner"], { kind: "metadata" }));
    const subs = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        world.subscribe({ mine: liveAll<Account>(from(Account), { owner: `o${i}` }) }),
      ),
    );
    expect(world.hub.watchCount).toBe(1);
    const changed = new Promise((resolve) => subs[50]!.on("change", resolve));
    await world.insert(Account, { id: "a", owner: "o50" });
    await changed;
  });

  test("a log that is dropped ends the queries that need it, and says so", async () => {
    world = await World.create();
    const sub = await world.subscribe({ all: list() });
    const error = new Promise((resolve) => sub.on("error", resolve));
    await register(
      world.process,
      registration(schemaOf(Account), [], { kind: "metadata", state: "deleteOnly" }),
    );
    world.hub.tenants[0]!.pokeAll(world.hub.tenants[0]!.feeds.values());
    expect(await error).toBeInstanceOf(MetadataRequiredError);
  });
});

describe("transfers under five labels", () => {
  test("never show a sum that is off", async () => {
    world = await World.create();
    const accounts = 12;
    const transfers = Number(process.env.PLINTH_RUNS ?? 300);
    for (let i = 0; i < accounts; i++)
      await world.insert(Account, { id: `a${i}`, owner: `o${i % 2}`, balance: 100 });
    const sub = await world.subscribe({
      all: list(),
      even: liveAll<Account>(from(Account), { owner: "o0" }),
      odd: liveAll<Account>(from(Account), { owner: "o1" }),
      each: liveEach(liveAll<string>(from(Account).select("id"), undefined), (id) => liveOne(Account, id)),
      top: liveAll<Account>(from(Account).orderBy({ balance: "desc" }).limit(accounts), undefined),
    });
    const sum = (rows: readonly Account[]) => rows.reduce((total, row) => total + row.balance!, 0);
    const sums = new Set<string>();
    let transitions = 0;
    const look = () => {
      const { all, even, odd, each, top } = sub.value;
      sums.add([sum(all), sum(even) + sum(odd), sum(each), sum(top)].join());
    };
    sub.on("transition", () => {
      transitions++;
      look();
    });
    look();
    const next = random(3);
    const transfer = async () => {
      const [a, b] = [next(accounts), next(accounts)];
      if (a === b) return;
      const amount = next(50);
      await world.write(async (ctx) => {
        await change(ctx, Account, `a${a}`, (row) => ({ balance: row.balance! - amount }));
        await change(ctx, Account, `a${b}`, (row) => ({ balance: row.balance! + amount }));
      });
    };
    for (let i = 0; i < transfers; i += 4)
      await Promise.all([transfer(), transfer(), transfer(), transfer()]);
    await sub.until(await now());
    expect([...sums]).toEqual([
      Array(4)
        .fill(accounts * 100)
        .join(),
    ]);
    expect(transitions).toBeGreaterThan(transfers / 20);
  });
});
