import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import {
  createContext,
  deleteRecord,
  entryOfSchema,
  headKey,
  insertRecord,
  logTail,
  readLog,
  trimLog,
  updateRecord,
} from "../../lib/layer/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import {
  Host,
  type Item,
  item,
  items,
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
  await register(
    one,
    registration(users, ["name"]),
    registration(users, [], { kind: "metadata", name: "users_metadata" }),
    registration(users, ["age"], { kind: "metadata", name: "users_age_metadata" }),
    registration(items, [], { kind: "metadata", name: "items_metadata" }),
  );
});
afterEach(() => engine.close());

const all = (after = 0n, limit?: number) =>
  transact(engine, (tx) =>
    readLog(tx, one.tenant, "users", { after, ...(limit === undefined ? {} : { limit }) }),
  );

const head = (age?: number) =>
  transact(engine, (tx) =>
    tx.get(
      headKey(one.tenant, "users", age === undefined ? undefined : { fields: ["age"], values: [age] }),
      true,
    ),
  );

describe("the change log", () => {
  test("tells every change in order: operation, key, changed fields, old and new values, the record", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u", name: "Ada", age: 1 })));
    await one.run((ctx) =>
      updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, name: "Eva", email: "e@x" })),
    );
    await one.run((ctx) => deleteRecord(ctx, users, ["u"]));
    const { entries, complete, expired } = await all();
    expect({ complete, expired }).toEqual({ complete: true, expired: false });
    expect(entries.map((e) => [e.op, e.pk, e.changed, e.old, e.new])).toEqual([
      ["insert", ["u"], [], null, { name: "Ada", age: 1 }],
      [
        "update",
        ["u"],
        ["name", "email"],
        { name: "Ada", age: 1, email: null },
        { name: "Eva", age: 1, email: "e@x" },
      ],
      ["delete", ["u"], [], { name: "Eva", age: 1, email: "e@x", photo: null }, null],
    ]);
    const seen = entries.map((e) => entryOfSchema<User>(users, one.tenant, e));
    expect(seen[1]?.old).toEqual({ id: "u", name: "Ada", age: 1, email: null });
    expect({ ...seen[1]?.new }).toEqual({ id: "u", name: "Eva", age: 1, email: "e@x", photo: null });
    expect({ ...seen[1]?.record }).toEqual({ id: "u", name: "Eva", age: 1, email: "e@x", photo: null });
    expect(seen[2]?.record).toBeNull();
  });

  test("keeps the order of operations inside one commit, and knows large records by key only", async () => {
    await one.run(async (ctx) => {
      await insertRecord(ctx, users, user({ id: "b", name: "B", photo: new Uint8Array(5_000) }));
      await insertRecord(ctx, users, user({ id: "a", name: "A" }));
      await deleteRecord(ctx, users, ["b"]);
    });
    const { entries } = await all();
    expect(entries.map((e) => [e.op, e.pk[0], e.at.user])).toEqual([
      ["insert", "b", 0],
      ["insert", "a", 1],
      ["delete", "b", 2],
    ]);
    expect(entries[0]).toMatchObject({ image: null, new: { name: "B", age: null } });
    expect(new Set(entries.map((e) => e.at.version)).size).toBe(1);
  });

  test("completes the key of a record that the commit named", async () => {
    const tx = engine.begin();
    const ctx = createContext(tx, one.tenant, one.metadata);
    await insertRecord(ctx, items, item({ author: "A" }));
    await insertRecord(ctx, items, item({ author: "B" }));
    await tx.commit();
    const { entries } = await transact(engine, (t) => readLog(t, one.tenant, "items", { after: 0n }));
    expect(entries.map((e) => String(e.pk[0]))).toEqual(entries.map((e) => e.at.toString()));
    const record = entryOfSchema<Item>(items, one.tenant, entries[1]!).record;
    expect([record?.author, record?.id.toString()]).toEqual(["B", entries[1]!.at.toString()]);
  });

  test("is read from a version or an entry on, up to a version, and in pieces", async () => {
    const versions: bigint[] = [];
    for (const id of ["a", "b", "c", "d"]) {
      const tx = engine.begin();
      const ctx = createContext(tx, one.tenant, one.metadata);
      await insertRecord(ctx, users, user({ id }));
      await insertRecord(ctx, users, user({ id: `${id}2` }));
      await tx.commit();
      versions.push(tx.getCommittedVersion());
    }
    const ids = async (read: Parameters<typeof readLog>[3]) =>
      (await transact(engine, (tx) => readLog(tx, one.tenant, "users", read))).entries.map((e) => e.pk[0]);
    expect(await ids({ after: versions[1]! })).toEqual(["c", "c2", "d", "d2"]);
    expect(await ids({ after: versions[0]!, through: versions[2]! })).toEqual(["b", "b2", "c", "c2"]);
    const first = await all(0n, 3);
    expect([first.complete, first.entries.length]).toEqual([false, 3]);
    expect(await ids({ after: first.entries[2]!.at })).toEqual(["b2", "c", "c2", "d", "d2"]);
    expect((await transact(engine, (tx) => logTail(tx, one.tenant, "users")))?.pk).toEqual(["d2"]);
  });

  test("says so when it no longer holds what came after a cursor: trimmed, or the tenant cleared", async () => {
    for (const id of ["a", "b", "c"]) await one.run((ctx) => insertRecord(ctx, users, user({ id })));
    const versions = (await all()).entries.map((e) => e.at.version);
    await transact(engine, async (tx) => trimLog(tx, one.tenant, "users", versions[1]!));
    expect((await all()).entries.map((e) => e.pk[0])).toEqual(["b", "c"]);
    expect((await all(versions[1]! - 1n)).expired).toBe(false);
    expect((await all(versions[0]!)).expired).toBe(true);
    await Tenant.clear(new Host(engine), one.tenant);
    expect((await all(versions[2]!)).expired).toBe(true);
  });
});

describe("heads", () => {
  test("change with the source, and with the values that a change concerns: both when a record moves", async () => {
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "u", age: 1 })));
    await one.run((ctx) => insertRecord(ctx, users, user({ id: "v", age: 2 })));
    const before = [await head(), await head(1), await head(2), await head(3)];
    await one.run((ctx) => updateRecord<User>(ctx, users, ["u"], (u) => user({ ...u, age: 3 })));
    const after = [await head(), await head(1), await head(2), await head(3)];
    expect(
      after.map((stamp, i) => Buffer.compare(stamp ?? Buffer.of(), before[i] ?? Buffer.of()) !== 0),
    ).toEqual([true, true, false, true]);
    expect(after[0]).toEqual((await all()).entries.at(-1)?.at.toBytes().subarray(0, 10));
  });

  test("writers never conflict with each other over log and head", async () => {
    const txs = ["a", "b", "c"].map(() => engine.begin());
    await Promise.all(
      txs.map((tx, i) =>
        insertRecord(createContext(tx, one.tenant, one.metadata), users, user({ id: `u${i}`, age: 1 })),
      ),
    );
    for (const tx of txs) await tx.commit();
    expect((await all()).entries).toHaveLength(3);
  });

  test("a watch on a head fires for a commit that inserts and deletes", async () => {
    const watch = await transact(engine, async (tx) => tx.watch(headKey(one.tenant, "users")));
    await one.run(async (ctx) => {
      await insertRecord(ctx, users, user({ id: "x" }));
      await deleteRecord(ctx, users, ["x"]);
    });
    await expect(watch.promise).resolves.toBeUndefined();
  });
});
