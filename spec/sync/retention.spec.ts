import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, instrument, openEngine, transact } from "../../lib/engine/index.js";
import {
  create,
  Field,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { readLog } from "../../lib/layer/index.js";
import { internals } from "../../lib/repo/index.js";
import { LogTrimmer, tenantsPerVisit } from "../../lib/sync/log/log-trimmer.js";
import { leaseMs, progressed, type Retention, visit, visitEvery } from "../../lib/sync/log/retention.js";

@Schema("events")
class Event {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string | null;
}

class Events extends Migration {
  change() {
    return [create(metadata(Event))];
  }
}

const hour = 3_600_000;
const day = 24 * hour;

describe("visits", () => {
  const visitor = { owner: "me", nowMs: 0, version: 1n, retentionMs: day };
  const at = (nowMs: number, version = 1n, owner = "me") => ({ ...visitor, nowMs, version, owner });

  test("are spread over the time, a second apart at least", () => {
    expect(visitEvery(day)).toBe(hour);
    expect(visitEvery(2_000)).toBe(1_000);
  });

  test("note the time, and begin a sweep when a version is old enough", () => {
    let state: Retention = { marks: [] };
    const step = (nowMs: number, version: bigint) => {
      const found = visit(state, at(nowMs, version));
      state = found.next ?? state;
      return found;
    };
    expect(step(0, 10n)).toMatchObject({ next: { marks: [[0, "10"]] }, waitMs: hour });
    expect(step(hour / 2, 15n)).toEqual({ waitMs: hour / 2 });
    for (let h = 1; h < 24; h++) expect(step(h * hour, BigInt(10 + h)).sweep).toBeUndefined();
    expect(step(day, 50n).sweep).toMatchObject({ through: "10", owner: "me", untilMs: day + leaseMs });
    // The marks that are left are those of one day, however long it goes on.
    expect(state.marks).toHaveLength(24);
    expect(state.marks[0]).toEqual([hour, "11"]);
  });

  test("by others wait for the owner, and take over from one that is silent", () => {
    const sweep = { through: "10", after: "t5", owner: "other", untilMs: 1_000 };
    expect(visit({ marks: [], sweep }, at(400))).toEqual({ waitMs: 600 });
    const taken = visit({ marks: [], sweep }, at(1_000));
    expect(taken.sweep).toEqual({ ...sweep, owner: "me", untilMs: 1_000 + leaseMs });
    expect(progressed(taken.next!, "other", 1_001, "t9")).toBeUndefined();
    expect(progressed(taken.next!, "me", 2_000, "t9")?.sweep).toMatchObject({ after: "t9", untilMs: 62_000 });
    expect(progressed(taken.next!, "me", 2_000, undefined)).toEqual({ marks: [] });
  });

  test("do not wait for a time that a clock which was ahead has noted", () => {
    const found = visit({ marks: [[10 * day, "5"]] }, at(1_000, 6n));
    expect(found).toMatchObject({ next: { marks: [[1_000, "6"]] }, waitMs: hour });
  });
});

describe("the logs of all tenants", () => {
  let engine: Engine;
  let repo: Repo;
  let nowMs: number;
  const warnings: string[] = [];
  beforeEach(async () => {
    engine = await openEngine("memory:");
    repo = new Repo({ engine, storageId: "spec", migrations: [[1, Events]] });
    nowMs = 0;
    warnings.length = 0;
  });
  afterEach(async () => {
    expect(warnings).toEqual([]);
    await repo.close();
    await engine.close();
  });

  const trimmer = (on: Engine = engine) =>
    new LogTrimmer({
      storageId: "spec",
      retentionMs: day,
      engine: () => on,
      warn: (error, message) => warnings.push(`${message} ${String(error)}`),
      now: () => nowMs,
    });
  const insert = (tenant: Tenant, id: string) => repo.insert(Event, { id }, { tenant });
  const entries = (tenant: Tenant) =>
    transact(engine, async (tx) => (await readLog(tx, tenant, "events", { after: 0n })).entries.length);

  async function tenants(count: number): Promise<Tenant[]> {
    const all: Tenant[] = [];
    for (let i = 0; i < count; i++) all.push(await Tenant.create(repo, `t${1_000 + i}`));
    return all;
  }

  test("lose what is older than the time, and keep the rest", async () => {
    const [tenant] = await tenants(1);
    const own = trimmer();
    await insert(tenant!, "a");
    expect(await own.visit()).toBe(hour);
    await insert(tenant!, "b");
    nowMs = 2 * hour;
    await own.visit();
    await insert(tenant!, "c");
    nowMs = 23 * hour;
    await own.visit();
    expect(await entries(tenant!)).toBe(3);
    nowMs = 25 * hour;
    expect(await own.visit()).toBe(hour);
    expect(await entries(tenant!)).toBe(2);
    nowMs = 27 * hour;
    await own.visit();
    expect(await entries(tenant!)).toBe(1);
  });

  test("also of tenants that nobody watches, some at each visit, by whoever is there", async () => {
    const all = await tenants(tenantsPerVisit + 10);
    for (const tenant of all) await insert(tenant, "a");
    const [first, second] = [trimmer(), trimmer()];
    await first.visit();
    nowMs = day;
    const left = async () => {
      const counts = await Promise.all(all.map(entries));
      return counts.filter((count) => count > 0).length;
    };
    expect(await first.visit()).toBe(1_000);
    expect(await left()).toBe(10);
    // It is the first one's sweep as long as that one goes on.
    expect(await second.visit()).toBe(leaseMs);
    expect(await left()).toBe(10);
    nowMs += leaseMs;
    expect(await second.visit()).toBe(hour);
    expect(await left()).toBe(0);
    expect(await first.visit()).toBeGreaterThan(leaseMs);
  });

  test("several processes at once: one of them does it", async () => {
    const [tenant] = await tenants(1);
    await insert(tenant!, "a");
    await trimmer().visit();
    nowMs = day;
    const counting = instrument(engine);
    await Promise.all(Array.from({ length: 4 }, () => trimmer(counting).visit()));
    expect(await entries(tenant!)).toBe(0);
    expect(counting.counts.clearRanges).toBe(1);
  });

  test("cost a few reads each, and no write where nothing is old", async () => {
    const all = await tenants(20);
    await trimmer().visit();
    for (const tenant of all) await insert(tenant, "a");
    nowMs = day;
    const counting = instrument(engine);
    await trimmer(counting).visit();
    const { sets, atomics, clearRanges, gets, rangeReads } = counting.counts;
    // The claim, and that it is over.
    expect([sets, atomics, clearRanges]).toEqual([2, 0, 0]);
    expect(gets + rangeReads).toBeLessThanOrEqual(20 * 10 + 20);
  });

  test("of a tenant without a log, or one that goes in between, are no matter", async () => {
    const bare = new Repo({ engine, storageId: "spec" });
    await Tenant.create(bare, "bare");
    const [tenant] = await tenants(1);
    await insert(tenant!, "a");
    const own = trimmer();
    await own.visit();
    nowMs = day;
    await Tenant.delete(repo, tenant!);
    expect(await own.visit()).toBe(hour);
    await bare.close();
  });

  test("a tenant is left as it is: nothing migrates it", async () => {
    const bare = new Repo({ engine, storageId: "spec" });
    const tenant = await Tenant.create(bare, "bare");
    const own = trimmer();
    await own.visit();
    nowMs = day;
    await own.visit();
    const { begin, end } = { begin: tenant.prefix, end: Buffer.concat([tenant.prefix, Buffer.of(0xff)]) };
    const size = await transact(engine, (tx) => tx.getEstimatedRangeSizeBytes(begin, end));
    // Its version, and nothing else.
    expect(size).toBeLessThan(100);
    await bare.close();
  });

  test("a store that nobody has opened is not opened for it", async () => {
    const own = new LogTrimmer({
      storageId: "spec",
      retentionMs: day,
      engine: () => undefined,
      warn: (error) => warnings.push(String(error)),
    });
    expect(await own.visit()).toBe(60_000);
  });
});

test("a process that writes and watches nothing removes them in the background, until its Sync closes", async () => {
  const repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Events]] });
  const sync = new Sync(repo, { retentionMs: 1 });
  const tenant = await Tenant.create(repo, "a");
  await repo.insert(Event, { id: "a" }, { tenant });
  const engine = await internals(repo).engine();
  const entries = () =>
    transact(engine, async (tx) => (await readLog(tx, tenant, "events", { after: 0n })).entries.length);
  expect(await entries()).toBe(1);
  while ((await entries()) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  await sync.close();
  await repo.close();
});
