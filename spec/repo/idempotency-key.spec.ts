import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { change } from "../../lib/changeset/index.js";
import { type Engine, openEngine, readRangeAll, transact } from "../../lib/engine/index.js";
import { metaKeys } from "../../lib/layer/index.js";
import { from } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { withFaults } from "../../lib/testing/index.js";

@Schema("orders")
class Order {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("integer") declare amount: number;
}

let engine: Engine;
let repo: Repo;
let tenant: Tenant;
beforeEach(async () => {
  engine = await openEngine("memory:");
  repo = new Repo({ engine, storageId: "requests" });
  tenant = await Tenant.create(repo, "acme");
});
afterEach(async () => {
  jest.useRealTimers();
  await engine.close();
});

const order = (on: Repo, key: string, amount: number, keepMs?: number) =>
  on.transactional(tenant, async (tx) => ({ id: (await tx.insert(Order, { amount })).id, amount }), {
    idempotencyKey: key,
    ...(keepMs === undefined ? {} : { keepMs }),
  });
const orders = async () => (await repo.all(from(Order).scan(), { tenant })).length;
/** The bookkeeping keys of a tenant that belong to requests. */
const kept = async () => {
  const { begin } = metaKeys.migrations(tenant);
  const meta = begin.subarray(0, tenant.prefix.length + 3);
  const rows = await transact(engine, (tx) => readRangeAll(tx, meta, Buffer.concat([meta, Buffer.of(0xff)])));
  return rows.filter(([key]) => Buffer.from(key).includes("request")).length;
};

test("a request that comes again gets the first result, and its function does not run", async () => {
  const first = await order(repo, "r1", 5);
  const again = await order(new Repo({ engine, storageId: "requests" }), "r1", 7);
  expect(again).toEqual(first);
  expect(await orders()).toBe(1);
  expect(await order(repo, "r2", 7)).toMatchObject({ amount: 7 });
  const other = await Tenant.create(repo, "globex");
  const ran = await repo.transactional(other, async () => "ran", { idempotencyKey: "r1" });
  expect([ran, await orders()]).toEqual(["ran", 2]);
});

test("many at once run once", async () => {
  const results = await Promise.all(Array.from({ length: 20 }, (_, n) => order(repo, "same", n)));
  expect(new Set(results.map(({ id }) => id)).size).toBe(1);
  expect(await orders()).toBe(1);
});

test("commits of unknown outcome are no second order", async () => {
  const faulty = withFaults(engine, { seed: 5, unknownCommitted: 0.3, unknownNotCommitted: 0.2 });
  const on = new Repo({ engine: faulty, storageId: "requests" });
  for (let n = 0; n < 20; n++) expect(await order(on, `r${n}`, n)).toEqual(await order(on, `r${n}`, 99));
  expect(await orders()).toBe(20);
});

test.each([[undefined], [null], [7], ["text"], [[1, { a: null }]], [Buffer.from("bytes")], [10n]])(
  "%p comes back as it was",
  async (value) => {
    const run = () => repo.transactional(tenant, async () => value, { idempotencyKey: "v" });
    expect(await run()).toEqual(value);
    const again = await run();
    expect(value instanceof Uint8Array ? Buffer.from(again as Uint8Array) : again).toEqual(value);
  },
);

describe("what is not stored", () => {
  test("of a function that fails, or rolls back: it runs again", async () => {
    let fail = true;
    const run = () =>
      repo.transactional(
        tenant,
        async (tx) => {
          await tx.insert(Order, { amount: 1 });
          if (fail) throw new Error("no stock");
          return "done";
        },
        { idempotencyKey: "f" },
      );
    await expect(run()).rejects.toThrow("no stock");
    fail = false;
    expect(await run()).toBe("done");
    const back = () => repo.transactional(tenant, async (tx) => tx.rollback("back"), { idempotencyKey: "b" });
    expect([await back(), await back()]).toEqual(["back", "back"]);
    expect(await orders()).toBe(1);
  });

  class Money {
    constructor(readonly amount: number) {}
  }
  test.each([
    ["a record", (stored: Order): unknown => stored],
    ["an instance of a class", (): unknown => new Money(1)],
    ["a function", (): unknown => () => 1],
  ])("%s: it is refused, and nothing is written", async (_what, give) => {
    const fn = async (tx: Repo) => give(await tx.insert(Order, { amount: 1 }));
    await expect(repo.transactional<unknown>(tenant, fn, { idempotencyKey: "x" })).rejects.toMatchObject({
      code: "invalid_options",
    });
    expect([await orders(), await kept()]).toEqual([0, 0]);
  });
});

test("after keepMs a request is a new one, and old results are removed beside new ones", async () => {
  jest.useFakeTimers({
    now: 1_000_000,
    doNotFake: ["setImmediate", "setTimeout", "nextTick", "queueMicrotask", "performance"],
  });
  await order(repo, "short", 1, 100);
  await order(repo, "long", 1);
  jest.setSystemTime(1_000_099);
  await order(repo, "short", 1, 100);
  expect(await orders()).toBe(2);
  jest.setSystemTime(1_000_100);
  await order(repo, "short", 1, 1_000);
  expect(await orders()).toBe(3);
  expect(await kept()).toBe(4);
  jest.setSystemTime(1_000_100 + 86_400_000);
  await order(repo, "new", 1);
  expect(await kept()).toBe(2);
});

test("options that cannot work are refused", async () => {
  for (const options of [
    { idempotencyKey: "" },
    { idempotencyKey: 7 },
    { idempotencyKey: "x".repeat(1_001) },
    { keepMs: 5 },
    { idempotencyKey: "a", keepMs: 0 },
    { idempotencyKey: "a", keepMs: 1.5 },
  ]) {
    await expect(
      repo.transactional(tenant, async () => 1, options as { idempotencyKey: string }),
    ).rejects.toMatchObject({ code: "invalid_options" });
  }
  await repo.transactional(tenant, async (tx) => {
    await expect(tx.transactional(tenant, async () => 1, { idempotencyKey: "a" })).rejects.toMatchObject({
      code: "invalid_options",
    });
  });
  const one = await repo.insert(Order, { amount: 1 }, { tenant });
  const { version } = await repo.transactional(
    tenant,
    async (tx) => (await tx.update(change(one, { amount: 2 }))).amount,
    { idempotencyKey: "versioned", returning: "version" },
  );
  const again = await repo.transactional(tenant, async () => 0, {
    idempotencyKey: "versioned",
    returning: "version",
  });
  expect([again.value, again.version >= version]).toEqual([2, true]);
});
