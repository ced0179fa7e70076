import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Engine } from "../../lib/engine/index.js";
import {
  createContext,
  insertRecord,
  MetadataCache,
  metadataOf,
  readRecord,
  verifyTenant,
} from "../../lib/layer/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import {
  Host,
  openProcess,
  openStore,
  type Process,
  register,
  registration,
  type User,
  user,
  users,
} from "./support.js";

let engine: Engine;
let one: Process;

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

/** The point reads and range reads that a body makes; the free metadata version does not count. */
async function reads(process: Process, body: (ctx: ReturnType<typeof createContext>) => Promise<unknown>) {
  const tx = engine.begin();
  const counts = { gets: 0, ranges: 0 };
  const get = tx.get.bind(tx);
  const getRange = tx.getRange.bind(tx);
  tx.get = (key, snapshot) => {
    if (key[0] !== 0xff) counts.gets++;
    return get(key, snapshot);
  };
  tx.getRange = (...args) => {
    counts.ranges++;
    return getRange(...args);
  };
  await body(createContext(tx, process.tenant, process.metadata));
  await tx.commit();
  return counts;
}

describe("the metadata cache", () => {
  test("cold: one point read and one range read; warm: nothing; after another tenant's migration: one point read, once", async () => {
    const look = (ctx: ReturnType<typeof createContext>) => metadataOf(ctx, "users");
    expect(await reads(one, look)).toEqual({ gets: 1, ranges: 1 });
    expect(await reads(one, look)).toEqual({ gets: 0, ranges: 0 });
    const other = await openProcess(engine, "other");
    await register(other, registration(users, ["name"]));
    expect(await reads(one, look)).toEqual({ gets: 1, ranges: 0 });
    expect(await reads(one, look)).toEqual({ gets: 0, ranges: 0 });
    await register(one, registration(users, ["name"]));
    expect(await reads(one, look)).toEqual({ gets: 1, ranges: 1 });
    expect(await reads(one, look)).toEqual({ gets: 0, ranges: 0 });
  });

  test("is shared by all handles of a tenant", async () => {
    await reads(one, (ctx) => metadataOf(ctx, "users"));
    const again = await Tenant.open(new Host(engine), "acme");
    expect(await reads({ ...one, tenant: again }, (ctx) => metadataOf(ctx, "users"))).toEqual({
      gets: 0,
      ranges: 0,
    });
  });

  test("a read by key takes one point read, an insert one, with any number of indexes", async () => {
    await register(
      one,
      registration(users, ["name"]),
      registration(users, ["age"]),
      registration(users, ["email"]),
    );
    await reads(one, (ctx) => metadataOf(ctx, "users"));
    expect(await reads(one, (ctx) => insertRecord(ctx, users, user({ id: "u" })))).toEqual({
      gets: 1,
      ranges: 0,
    });
    expect(await reads(one, (ctx) => readRecord(ctx, users, ["u"]))).toEqual({ gets: 1, ranges: 0 });
  });

  test("a write that relied on an index list which changed before its commit conflicts", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "warm" })));
    const tx = engine.begin();
    await insertRecord(createContext(tx, one.tenant, one.metadata), users, user({ id: "late" }));
    await register(one, registration(users, ["name"]));
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1020 });
  });

  test("another tenant's migration never makes a write conflict", async () => {
    const tx = engine.begin();
    await insertRecord(createContext(tx, one.tenant, one.metadata), users, user({ id: "u" }));
    await register(await openProcess(engine, "other"), registration(users, ["name"]));
    await tx.commit();
  });

  test("a handle of a deleted tenant reaches nothing, nor the tenant that has taken its id", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u", name: "old" })));
    const late = engine.begin();
    await insertRecord(createContext(late, one.tenant, one.metadata), users, user({ id: "late" }));
    await Tenant.delete(new Host(engine), "acme");
    await expect(late.commit()).rejects.toMatchObject({ fdbCode: 1020 });
    for (const again of [false, true]) {
      if (again) await openProcess(engine);
      await expect(one.run((ctx) => readRecord<User>(ctx, users, ["u"]))).rejects.toMatchObject({
        code: "tenant_gone",
      });
      await expect(one.run((ctx) => insertRecord(ctx, users, user({ id: "u" })))).rejects.toMatchObject({
        code: "tenant_gone",
      });
      await expect(one.run(verifyTenant)).rejects.toMatchObject({ code: "tenant_gone" });
    }
  });

  test("an older snapshot does not push newer knowledge out", async () => {
    const old = engine.begin();
    await old.getReadVersion();
    await register(one, registration(users, ["name"]));
    await reads(one, (ctx) => metadataOf(ctx, "users"));
    const seen = await metadataOf(createContext(old, one.tenant, one.metadata), "users");
    expect(seen.indexes).toHaveLength(0);
    expect(await reads(one, (ctx) => metadataOf(ctx, "users"))).toEqual({ gets: 0, ranges: 0 });
    old.cancel();
  });

  test("holds a bounded number of tenants", async () => {
    const small = new MetadataCache(2);
    for (const id of ["a", "b", "c"]) {
      const process = { ...(await openProcess(engine, id)), metadata: small };
      await reads(process, (ctx) => metadataOf(ctx, "users"));
    }
    const a = { ...(await openProcess(engine, "a")), metadata: small };
    expect((await reads(a, (ctx) => metadataOf(ctx, "users"))).ranges).toBe(1);
  });
});
