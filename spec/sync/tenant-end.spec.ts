import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  create,
  drop,
  Field,
  from,
  index,
  MetadataRequiredError,
  Migration,
  Migrator,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
  TenantGoneError,
} from "../../lib/index.js";
import { startLog } from "../../lib/layer/index.js";
import { schemaOf } from "../../lib/schema/index.js";
import { liveAll } from "../../lib/sync/queries/live-queries.js";
import { register, registration } from "../layer/support.js";
import { Account, World } from "./world.js";

@Schema("orders")
class Order {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare customer: string | null;
}

/** Not logged. */
@Schema("settings")
class Setting {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare value: string | null;
}

class Orders extends Migration {
  change() {
    return [create(index(Order, ["customer"])), create(metadata(Order))];
  }
}

class ByCustomer extends Migration {
  change() {
    return [create(metadata(Order, ["customer"]))];
  }
}

class NotByCustomer extends Migration {
  change() {
    return [drop(metadata(Order, ["customer"]))];
  }
}

class NoLog extends Migration {
  change() {
    return [drop(metadata(Order)), drop(metadata(Order, ["customer"]))];
  }
}

// Nobody looks by the clock: what is noticed here, a watch has told.
const never = { heartbeatMs: 1e9 };
let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Orders]] });
  sync = new Sync(repo, never);
  tenant = await Tenant.openEmpty(repo, "acme");
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const insert = (id: string, customer: string) => repo.insert(Order, { id, customer }, { tenant });
const all = () => sync.all(Order);
const ofCustomer = (customer: string) => sync.allBy(Order, { customer });

type Ending = { on(event: "error", fn: (error: unknown) => void): unknown };
const ended = (sub: Ending) => new Promise<unknown>((resolve) => sub.on("error", resolve));
const changed = (sub: { on(event: "change", fn: (t: never) => void): unknown }) =>
  new Promise<{ changes: Record<string, unknown> }>((resolve) => sub.on("change", resolve));

describe("the end of a tenant is noticed at once", () => {
  test.each([
    ["of a log that has never had an entry", () => ({ it: all() }), 1],
    ["of a row that is not there", () => ({ it: sync.one(Setting, "a") }), 2],
    ["of rows that are not there", () => ({ it: sync.many(Setting, ["a", "b"]) }), 3],
  ])("by a subscription %s", async (_, queries, watches) => {
    const sub = await sync.subscribe(tenant, queries());
    expect(sync.inspect().watches).toBe(watches);
    const end = ended(sub);
    await Tenant.delete(repo, tenant);
    expect(await end).toBeInstanceOf(TenantGoneError);
    expect(sync.inspect().watches).toBe(0);
  });

  test("also after it was cleared, and when another has taken its name", async () => {
    await insert("a", "x");
    const sub = await sync.subscribe(tenant, { all: all() });
    const end = ended(sub);
    const cleared = changed(sub);
    await Tenant.clear(repo, tenant);
    await cleared;
    expect(sub.value.all).toEqual([]);
    await Tenant.delete(repo, tenant);
    const other = await Tenant.create(repo, "acme");
    expect(await end).toBeInstanceOf(TenantGoneError);
    await expect(sync.subscribe(tenant, { all: all() })).rejects.toThrow(TenantGoneError);
    const again = await sync.subscribe(other, { all: all() });
    expect(again.value.all).toEqual([]);
  });

  test("the watch on the tenant is there only while a watched row is not", async () => {
    const sub = await sync.subscribe(tenant, { one: sync.one(Setting, "a"), all: all() });
    expect(sync.inspect().watches).toBe(3);
    const came = changed(sub);
    await repo.insert(Setting, { id: "a", value: "1" }, { tenant });
    await came;
    expect(sync.inspect().watches).toBe(2);
    const end = ended(sub);
    await Tenant.delete(repo, tenant);
    expect(await end).toBeInstanceOf(TenantGoneError);
  });
});

describe("by those who sleep on single values", () => {
  beforeEach(async () => {
    await insert("a", "x");
    await Migrator.up(repo, tenant, [
      [1, Orders],
      [2, ByCustomer],
    ]);
  });

  test("the end is noticed, though their heads have never been there", async () => {
    const sub = await sync.subscribe(tenant, { mine: ofCustomer("nobody") });
    expect(sync.inspect().watches).toBe(2);
    const end = ended(sub);
    await Tenant.delete(repo, tenant);
    expect(await end).toBeInstanceOf(TenantGoneError);
  });

  test("a clearing is noticed, though the value's rows are older than its head", async () => {
    const sub = await sync.subscribe(tenant, { mine: ofCustomer("x") });
    expect(sub.value.mine).toHaveLength(1);
    const cleared = changed(sub);
    await Tenant.clear(repo, tenant);
    expect(await cleared).toMatchObject({ changes: { mine: [{ op: "delete", key: "a" }] } });
  });

  test("it is noticed when the heads of single values are kept no longer", async () => {
    const sub = await sync.subscribe(tenant, { mine: ofCustomer("y") });
    await Migrator.up(repo, tenant, [
      [1, Orders],
      [2, ByCustomer],
      [3, NotByCustomer],
    ]);
    const came = changed(sub);
    await insert("b", "y");
    await came;
    expect(sub.value.mine).toMatchObject([{ id: "b" }]);
    // Now it is the source's own head, and nothing else.
    expect(sync.inspect().watches).toBe(1);
  });
});

describe("a log", () => {
  test.each([
    ["with entries", true],
    ["without any", false],
  ])("that is dropped (%s) ends those who need it, at once", async (_, written) => {
    if (written) await insert("a", "x");
    const sub = await sync.subscribe(tenant, { all: all() });
    const end = ended(sub);
    await Migrator.up(repo, tenant, [
      [1, Orders],
      [2, NoLog],
    ]);
    expect(await end).toBeInstanceOf(MetadataRequiredError);
    await expect(sync.subscribe(tenant, { all: all() })).rejects.toThrow(MetadataRequiredError);
  });

  test("that was not kept for a while leaves no gap", async () => {
    const world = await World.create();
    const info = schemaOf(Account);
    const log = (state: "readable" | "deleteOnly") =>
      register(world.process, registration(info, [], { kind: "metadata", state }));
    const sub = await world.subscribe({ all: liveAll<Account>(from(Account), undefined) });
    await world.insert(Account, { id: "a" });
    await sub.until(await world.write((ctx) => ctx.tx.getReadVersion()));
    await log("deleteOnly");
    await world.insert(Account, { id: "b" });
    await log("readable");
    const noticed = changed(sub);
    await world.write(async (ctx) => startLog(ctx.tx, ctx.tenant, "accounts"));
    expect(await noticed).toMatchObject({ changes: { all: [{ op: "insert", key: "b" }] } });
    await world.close();
  });

  test("tells more fields once an index is there: queries are then found by them", async () => {
    const world = await World.create();
    const ask = (note: string) => liveAll<Account>(from(Account).scan(), { note });
    const sub = await world.subscribe({ a: ask("a"), b: ask("b") });
    const evaluations = () => {
      const [hub] = world.hub.tenants;
      return [...hub!.feeds.values()].reduce((sum, feed) => sum + feed.stats.evaluations, 0);
    };
    const step = async (id: string, note: string) => {
      const before = evaluations();
      const came = changed(sub);
      await world.insert(Account, { id, note });
      await came;
      return evaluations() - before;
    };
    expect(await step("1", "a")).toBe(2);
    await register(world.process, registration(schemaOf(Account), ["note"]));
    await step("2", "a");
    expect(await step("3", "b")).toBe(1);
    await world.close();
  });
});
