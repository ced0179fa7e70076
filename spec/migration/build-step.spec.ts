import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, transact } from "../../lib/engine/index.js";
import { createContext, insertRecord, metaKeys, readCounter, updateRecord } from "../../lib/layer/index.js";
import { Budget } from "../../lib/migration/build/budget.js";
import { buildStep } from "../../lib/migration/build/build-step.js";
import { astOf, execute, from } from "../../lib/query/index.js";
import { type SchemaInfo, schemaOf } from "../../lib/schema/index.js";
import {
  Item,
  item,
  items,
  openProcess,
  openStore,
  type Process,
  register,
  registration,
  User,
  user,
  users,
} from "../layer/support.js";
import { idOf, seed } from "./support.js";

let engine: Engine;
let one: Process;
const byName = registration(users, ["name"], { state: "writeOnly" });
const counted = registration(users, [], { kind: "counter", name: "all", state: "writeOnly" });
const countedItems = registration(items, [], { kind: "counter", name: "all", state: "writeOnly" });

beforeEach(async () => {
  engine = await openStore();
  one = await openProcess(engine);
});
afterEach(() => engine.close());

const start = async (...indexes: ReturnType<typeof registration>[]) => {
  await register(one, ...indexes);
  await transact(engine, async (tx) => {
    for (const { source, name } of indexes)
      tx.set(metaKeys.build(one.tenant, source, name), new Uint8Array(0));
  });
};

/** A transaction with some work done, not yet committed. */
async function open(body: (ctx: ReturnType<typeof createContext>) => Promise<unknown>) {
  const tx = engine.begin();
  await tx.getReadVersion();
  await body(createContext(tx, one.tenant, one.metadata));
  return { commit: () => tx.commit() };
}

const step = (info: SchemaInfo, name: string, bytes = 1_000_000) =>
  open((ctx) => buildStep(ctx, info, new Set([name]), new Budget({ stepBytes: bytes })));

const insert = (id: string, conflict: "raise" | "blind" = "raise") =>
  open((ctx) => insertRecord(ctx, users, user({ id, name: "n" }), { conflict }));

const count = async (index: typeof counted, kind: SchemaInfo) => {
  for (let i = 0; i < 20; i++) await (await step(kind, index.name)).commit();
  return one.run((ctx) => readCounter(ctx, index));
};

const conflict = { fdbCode: 1020 };

test("a query that waits for an index says that it is being built", async () => {
  await start(byName);
  await expect(one.run((ctx) => execute(ctx, astOf(from(User).where({ name: "n" }))))).rejects.toMatchObject({
    code: "unsupported_query",
    message: expect.stringMatching(/index "users_name_index" on \["name"\] is still being built.*status/),
  });
});

describe("a step over plain entries", () => {
  test("conflicts with a change of a record it read, so that the entry is never that of an older value", async () => {
    await seed(one, 10);
    await start(byName);
    const building = await step(users, byName.name);
    await one.run((ctx) => updateRecord<User>(ctx, users, [idOf(3)], (u) => user({ ...u, name: "new" })));
    await expect(building.commit()).rejects.toMatchObject(conflict);
  });

  test("does not conflict with records that appear meanwhile, which their writers enter, nor do they with it", async () => {
    await seed(one, 10);
    await start(byName);
    const building = await step(users, byName.name);
    const writing = await insert("u000003x");
    await (await insert("u000005x")).commit();
    await building.commit();
    await writing.commit();
  });
});

describe("a step of a counter", () => {
  test("conflicts with a record that appears where it has counted", async () => {
    await seed(one, 10);
    await start(counted);
    const building = await step(users, "all");
    await (await insert("u000003x")).commit();
    await expect(building.commit()).rejects.toMatchObject(conflict);
    expect(await count(counted, users)).toBe(11);
  });

  test.each(["raise", "blind"] as const)(
    "makes a writer (%s) in its place run again, and no other one",
    async (how) => {
      await seed(one, 100);
      await start(counted);
      const inside = await insert("u000000x", how);
      const beyond = await insert("u000090x", how);
      await (await step(users, "all", 300)).commit();
      await expect(inside.commit()).rejects.toMatchObject(conflict);
      await beyond.commit();
      await (await insert("u000000x", how)).commit();
      expect(await count(counted, users)).toBe(102);
    },
  );

  test("and records whose keys the commits assign: counted once, on either side of the last step", async () => {
    const add = () => open((ctx) => insertRecord(ctx, items, item({ author: "A" })));
    for (let n = 0; n < 3; n++) await (await add()).commit();
    await start(countedItems);
    const [before, other] = [await add(), await add()];
    await before.commit();
    await other.commit();
    const late = await add();
    await (await step(items, "all")).commit();
    await expect(late.commit()).rejects.toMatchObject(conflict);
    await (await add()).commit();
    expect(await count(countedItems, items)).toBe(6);
    expect(schemaOf(Item).source).toBe("items");
  });
});
