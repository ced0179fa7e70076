import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import {
  build,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  InvalidChangesetError,
  InvalidOptionsError,
  InvalidValueError,
  index,
  Migration,
  Multi,
  NoResultsError,
  NotWritableError,
  PrimaryKey,
  Repo,
  RequiredFieldError,
  Schema,
  StaleEntryError,
  Tenant,
  UnknownFieldError,
  UpdatedAt,
} from "../../lib/index.js";

@Schema("orders")
class Order {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare title: string;
  @Field("integer", { default: 1 }) declare version: number;
  @HasMany(() => Line, "orderId", { onReplace: "deleteIfExists" }) declare lines: HasMany<Line>;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(order: Order, params: unknown = {}) {
    return cast(order, params, ["id", "title"]);
  }
}

@Schema("lines")
class Line {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare orderId: string | null;
  @Field("integer") declare amount: number;

  static changeset(line: Line, params: unknown = {}) {
    return cast(line, params, ["id", "amount"]);
  }
}

@Schema("counts")
class Count {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("integer") declare n: number;
  @Field("json", { default: [] }) declare seen: string[];
  @UpdatedAt() declare updatedAt: Date;
}

class Orders extends Migration {
  override change() {
    return [create(index(Line, ["orderId"])), create(index(Count, ["name"], { unique: true }))];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "write-options", migrations: [[1, Orders]] });
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

let number = 0;
const long = new Date("2020-01-01T00:00:00Z");
const insertOrder = (lines: readonly { readonly id: string; readonly amount: number }[] = []) =>
  repo.insert(
    Order,
    { id: `o${++number}`, title: "Old", updatedAt: long, version: 1, lines } as never as Order,
    { tenant },
  );

describe("a write that came too late", () => {
  test("is an error of the field that is named, as a value where it is tried", async () => {
    const order = await insertOrder();
    await repo.delete(order);
    const renamed = change(order, { title: "New" });
    const result = await repo.tryUpdate(renamed, { staleErrorField: "title" });
    expect(result.ok || result.changeset.traverseErrors()).toEqual({ title: ["is stale"] });
    expect(result.ok || result.changeset.action).toBe("update");
    const own = await repo.tryDelete(order, { staleErrorField: "id", staleErrorMessage: "is gone" });
    expect(own.ok || own.changeset.traverseErrors()).toEqual({ id: ["is gone"] });
    expect(own.ok || own.changeset.errors[0]?.meta).toMatchObject({ stale: true });
    await expect(repo.update(renamed, { staleErrorField: "title" })).rejects.toThrow(InvalidChangesetError);
    await expect(repo.tryUpdate(renamed)).rejects.toThrow(StaleEntryError);
    const either = await repo.tryInsertOrUpdate(renamed, { staleErrorField: "title" });
    expect(either.ok).toBe(false);
  });

  test("is one of a lock that differs, too", async () => {
    const order = await insertOrder();
    const mine = change(order, { title: "Mine" }).optimisticLock("version");
    await repo.update(change(order, { title: "Theirs" }).optimisticLock("version"));
    const result = await repo.tryUpdate(mine, { staleErrorField: "version" });
    expect(result.ok || result.changeset.traverseErrors()).toEqual({ version: ["is stale"] });
    const removal = change(order).optimisticLock("version");
    expect((await repo.tryDelete(removal, { staleErrorField: "version" })).ok).toBe(false);
    expect((await repo.reloadOrThrow(order)).title).toBe("Theirs");
  });

  test("may be allowed: nothing is stored, and the transaction goes on", async () => {
    const order = await insertOrder();
    await repo.delete(order);
    const left = await repo.transactional(tenant, async () => {
      const shown = await repo.update(change(order, { title: "New" }), { allowStale: true });
      await repo.delete(order, { allowStale: true });
      await repo.insert(Count, { id: order.id, n: 1 });
      return shown.title;
    });
    expect(left).toBe("New");
    expect(await repo.get(Order, order.id, { tenant })).toBeNull();
    expect(await repo.get(Count, order.id, { tenant })).not.toBeNull();
    const held = await insertOrder();
    await repo.update(change(held, { title: "Theirs" }).optimisticLock("version"));
    await repo.update(change(held, { title: "Mine" }).optimisticLock("version"), { allowStale: true });
    expect((await repo.reloadOrThrow(held)).title).toBe("Theirs");
  });

  test("of another record of the same write stays an error", async () => {
    const order = await insertOrder([{ id: `l${number}`, amount: 1 }]);
    const [line] = order.lines as unknown as Line[];
    await repo.delete(line!);
    const both = change(order, { title: "New" }).putAssoc("lines", [change(line!, { amount: 2 })]);
    await expect(repo.update(both, { staleErrorField: "title" })).rejects.toThrow(StaleEntryError);
    await expect(repo.update(both, { allowStale: true })).rejects.toThrow(StaleEntryError);
    expect((await repo.reloadOrThrow(order)).title).toBe("Old");
  });

  test("is refused with options that say nothing or two things", async () => {
    const order = await insertOrder();
    const renamed = change(order, { title: "New" });
    for (const options of [
      { staleErrorMessage: "x" },
      { staleErrorField: "title", allowStale: true },
      { staleErrorField: 1 },
      { allowStale: "yes" },
      { force: 1 },
      { forced: true },
    ]) {
      await expect(repo.update(renamed, options as never)).rejects.toThrow(InvalidOptionsError);
    }
    await expect(repo.delete(order, { force: true } as never)).rejects.toThrow(InvalidOptionsError);
    expect((await repo.reloadOrThrow(order)).title).toBe("Old");
  });
});

describe("force", () => {
  test("writes without changes: the time of the change and the locks move, and a row that is gone is told", async () => {
    const order = await insertOrder();
    expect((await repo.update(change(order))).updatedAt).toEqual(long);
    const moved = await repo.update(change(order).optimisticLock("version"), { force: true });
    expect(moved.updatedAt.getTime()).toBeGreaterThan(long.getTime());
    expect(moved.version).toBe(2);
    expect(await repo.reload(order)).toMatchObject({ version: 2, updatedAt: moved.updatedAt });
    const prepared = change(moved).prepareChanges((changeset) => changeset);
    expect((await repo.update(prepared.optimisticLock("version"), { force: true })).version).toBe(3);
    await repo.delete(order);
    expect(await repo.update(change(order))).toBe(order);
    await expect(repo.update(change(order), { force: true })).rejects.toThrow(StaleEntryError);
  });
});

describe("reloadOrThrow", () => {
  test("gives what is stored, and throws for what is gone", async () => {
    const [a, b] = [await insertOrder(), await insertOrder()];
    expect(await repo.reloadOrThrow([a, b])).toEqual(
      [a, b].map((one) => expect.objectContaining({ id: one.id })),
    );
    await repo.delete(b);
    await expect(repo.reloadOrThrow([a, b])).rejects.toThrow(NoResultsError);
    await expect(repo.reloadOrThrow(b)).rejects.toThrow(`Order with the key ${b.id}`);
    await expect(repo.reloadOrThrow(a, { fresh: true } as never)).rejects.toThrow(InvalidOptionsError);
  });
});

describe("onConflict as a function", () => {
  const add = { onConflict: (stored: Count, given: Count) => ({ n: stored.n + given.n }) };

  test("gives the changes of the record that is stored, whose time of change moves", async () => {
    await repo.insert(Count, { id: "a", n: 1, updatedAt: long }, { tenant, ...add });
    const sum = await repo.insert(Count, { id: "a", n: 41 }, { tenant, ...add });
    expect(sum).toMatchObject({ id: "a", n: 42, name: null });
    expect(sum.updatedAt.getTime()).toBeGreaterThan(long.getTime());
    expect(await repo.get(Count, "a", { tenant })).toEqual(sum);
    const three = [1, 2, 3].map((n) => ({ id: "b", n }));
    expect((await repo.insertAll(Count, three, { tenant, ...add })).records.at(-1)?.n).toBe(6);
    const still = { onConflict: ({ n, updatedAt }: Count) => ({ n: n + 1, updatedAt }) };
    const { updatedAt } = sum;
    expect(await repo.insert(Count, { id: "a", n: 0 }, { tenant, ...still })).toMatchObject({
      n: 43,
      updatedAt,
    });
    await repo.transactional(tenant, new Multi().insert("c", Count, { id: "b", n: 4 }, add));
    expect((await repo.get(Count, "b", { tenant }))?.n).toBe(10);
  });

  test("of a unique value, and without a change", async () => {
    const first = await repo.insert(Count, { id: "u1", name: "u", n: 1, updatedAt: long }, { tenant });
    const target = { tenant, conflictTarget: ["name"] } as const;
    expect(await repo.insert(Count, { id: "u2", name: "u", n: 2 }, { ...target, ...add })).toMatchObject({
      id: "u1",
      n: 3,
    });
    const same = { onConflict: ({ n }: Count) => ({ n }) };
    const before = await repo.reloadOrThrow(first);
    expect(await repo.insert(Count, { id: "u2", name: "u", n: 9 }, { ...target, ...same })).toEqual(before);
    expect(await repo.insert(Count, { id: "u1", n: 9 }, { tenant, onConflict: () => ({}) })).toEqual(before);
  });

  test("may change in place what it is given, without harm", async () => {
    await repo.insert(Count, { id: "p", n: 1, seen: ["x"] }, { tenant });
    const onConflict = (stored: Count, given: Count) => {
      stored.seen.push(...given.seen);
      stored.n = 99;
      return { seen: stored.seen };
    };
    expect(await repo.insert(Count, { id: "p", n: 5, seen: ["y"] }, { tenant, onConflict })).toMatchObject({
      n: 1,
      seen: ["x", "y"],
    });
  });

  test("is refused for what it gives, and then nothing is stored", async () => {
    const kept = await repo.insert(Count, { id: "k", n: 1 }, { tenant });
    const giving = (value: unknown) =>
      repo.insert(Count, { id: "k", n: 2 }, { tenant, onConflict: (() => value) as never });
    for (const value of [null, 7, [], Promise.resolve({}), { id: "z" }, { n: undefined }])
      await expect(giving(value)).rejects.toThrow(InvalidOptionsError);
    await expect(giving({ m: 1 })).rejects.toThrow(UnknownFieldError);
    await expect(giving({ n: null })).rejects.toThrow(RequiredFieldError);
    await expect(giving({ n: "many" })).rejects.toThrow(InvalidValueError);
    const blind = { tenant, conflictTarget: [], ...add };
    await expect(repo.insert(Count, { id: "k", n: 2 }, blind)).rejects.toThrow(InvalidOptionsError);
    expect(await repo.reload(kept)).toEqual(kept);
  });
});

describe("castAssoc and its owner", () => {
  test("the owner's time of change moves with its children, unless touchParent is false", async () => {
    const order = await insertOrder([{ id: `t${number}`, amount: 1 }]);
    const [line] = order.lines as unknown as Line[];
    const entry = (amount: number) => ({ lines: [{ id: line!.id, amount }] });
    const still = cast(order, entry(2), []).castAssoc("lines", { touchParent: false });
    expect((await repo.update(still)).updatedAt).toEqual(long);
    expect((await repo.reloadOrThrow(order)).updatedAt).toEqual(long);
    const idle = cast(await repo.preload(order, "lines", { force: true }), entry(2), []).castAssoc("lines");
    expect((await repo.update(idle)).updatedAt).toEqual(long);
    const moved = await repo.update(cast(order, entry(3), []).castAssoc("lines"));
    expect(moved.updatedAt.getTime()).toBeGreaterThan(long.getTime());
    expect((await repo.reloadOrThrow(order)).updatedAt).toEqual(moved.updatedAt);
    expect((await repo.get(Line, line!.id, { tenant }))?.amount).toBe(3);
    const put = await repo.update(
      change(await insertOrder([]), { lines: [{ id: "put", amount: 1 }] } as never),
    );
    expect(put.updatedAt).toEqual(long);
  });

  test("refuses a touchParent that is neither", () => {
    expect(() => cast(build(Order), {}, []).castAssoc("lines", { touchParent: 1 } as never)).toThrow(
      "touchParent",
    );
  });
});

describe('onReplace: "deleteIfExists"', () => {
  test("a child that somebody else has deleted is no failure", async () => {
    const order = await insertOrder([
      { id: `d${number}`, amount: 1 },
      { id: `e${number}`, amount: 2 },
    ]);
    const [gone, stays] = order.lines as unknown as Line[];
    await repo.delete(gone!);
    const kept = await repo.update(change(order).putAssoc("lines", [stays!]));
    expect((kept.lines as unknown as Line[]).map(({ id }) => id)).toEqual([stays!.id]);
    await repo.update(change(kept).putAssoc("lines", []));
    expect(await repo.all(from(Line).where({ orderId: order.id }), { tenant })).toEqual([]);
  });
});

describe("reorderAssoc", () => {
  test("puts a list into an order of its own, by default that of the keys, and stores nothing for it", async () => {
    const order = await insertOrder([
      { id: `x${number}b`, amount: 3 },
      { id: `x${number}a`, amount: 1 },
      { id: `x${number}c`, amount: 2 },
    ]);
    const amounts = (of: Order) => (of.lines as unknown as Line[]).map(({ amount }) => amount);
    const sorted = change(order).reorderAssoc("lines", (a, b) => a.amount - b.amount);
    expect(amounts(await repo.update(sorted))).toEqual([1, 2, 3]);
    expect(amounts(await repo.update(change(order).reorderAssoc("lines")))).toEqual([1, 3, 2]);
    expect((await repo.reloadOrThrow(order)).updatedAt).toEqual(long);
    const lines = order.lines as unknown as Line[];
    const more = change(order).putAssoc("lines", [
      { id: "new", amount: 0 },
      change(lines[0]!, { amount: -1 }),
    ]);
    const next = await repo.update(more.reorderAssoc("lines", (a, b) => a.amount - b.amount));
    expect(amounts(next)).toEqual([-1, 0]);
    expect(() => change(order).reorderAssoc("title" as never)).toThrow();
    expect(() => change(order).reorderAssoc("lines", 1 as never)).toThrow("takes a function");
  });
});

@Schema("accounts")
class Account {
  @PrimaryKey("uuid", { autogenerate: "v4" }) declare id: string;
  @Field("string", { writable: "insert" }) declare email: string;
  @Field("integer", { writable: "never", onViolation: "ignore" }) declare score: number | null;
  @Field("string", { writable: "insert", onViolation: "warn" }) declare origin: string | null;
  @Field("string") declare name: string | null;
  @UpdatedAt() declare updatedAt: Date;
}

describe("fields that are not always written", () => {
  const attrs = { email: "a@x", name: "Ann", updatedAt: long };
  const insert = (more: object = {}, options: object = {}) =>
    repo.insert(Account, { ...attrs, ...more } as never, { tenant, ...options });

  test("keep what the record was inserted with; one that is never written stays empty", async () => {
    const account = await insert({ score: 7, origin: "form" });
    expect(account).toMatchObject({ email: "a@x", score: null, origin: "form" });
    expect(account.id).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    const email = change(account, { email: "b@x", name: "Bea" });
    await expect(repo.update(email)).rejects.toThrow(NotWritableError);
    await expect(repo.update(email)).rejects.toMatchObject({ code: "not_writable" });
    const ignored = await repo.update(change(account, { score: 8 }));
    expect(ignored).toEqual(account);
    expect(await repo.reload(account)).toEqual(account);
    expect((await repo.update(change(account, { score: 8, name: "Cleo" }))).score).toBeNull();
  });

  test("tell the logger, and the process without one", async () => {
    const account = await insert({ origin: "form" });
    const warned = jest.spyOn(process, "emitWarning").mockReturnValue();
    expect((await repo.update(change(account, { origin: "api", name: "Dan" }))).origin).toBe("form");
    expect(warned.mock.calls.map(([message]) => message)).toEqual([
      expect.stringContaining('Account.origin is writable "insert"'),
    ]);
    warned.mockRestore();
    const told: unknown[] = [];
    const none = () => undefined;
    const logger = { debug: none, info: none, error: none, warn: (facts: object) => told.push(facts) };
    const logging = new Repo({ engine: await repo.engine(), storageId: "write-options", logger });
    const own = await Tenant.open(logging, "t");
    await logging.update(change(account, { origin: "web" }), { tenant: own });
    expect(told).toEqual([{ tenant: "t", schema: "Account", field: "origin" }]);
    expect((await repo.reloadOrThrow(account)).origin).toBe("form");
    await logging.close();
  });

  test("hold in bulk writes and on conflicts, too", async () => {
    const account = await insert();
    const { id } = account;
    const mine = from(Account).where({ id });
    await expect(repo.updateAll(mine, { email: "c@x" }, { tenant })).rejects.toThrow(NotWritableError);
    await expect(repo.updateAll(mine, () => ({ email: "c@x" }), { tenant })).rejects.toThrow(
      NotWritableError,
    );
    await repo.updateAll(mine, { email: "a@x", inc: { score: 1 } }, { tenant });
    const again = { id, email: "d@x", name: "Eve" };
    expect(await insert(again, { onConflict: "replaceAll" })).toMatchObject({ email: "a@x", name: "Eve" });
    const except = { onConflict: { replaceAllExcept: ["updatedAt"] } };
    expect(await insert({ ...again, name: "Flo" }, except)).toMatchObject({ email: "a@x", name: "Flo" });
    await expect(insert(again, { onConflict: { replace: ["email"] } })).rejects.toThrow(InvalidOptionsError);
    const merging = { onConflict: (_: Account, given: Account) => ({ email: given.email }) };
    await expect(insert(again, merging)).rejects.toThrow(NotWritableError);
    expect((await repo.reloadOrThrow(account)).email).toBe("a@x");
  });
});
