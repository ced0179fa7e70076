import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { from } from "../../lib/query/index.js";
import { liveAll, liveEach, liveOne } from "../../lib/sync/queries/live-queries.js";
import { Account, change, Note, World } from "./world.js";

let world: World;
beforeEach(async () => {
  world = await World.create();
  await world.insert(Account, { id: "a", owner: "x" });
  await world.insert(Account, { id: "b", owner: "y" });
  await world.insert(Note, { id: "right", accountId: "x" });
});
afterEach(() => world.close());

const now = () => world.write((ctx) => ctx.tx.getReadVersion());
const queries = {
  all: liveAll<Account>(from(Account), undefined),
  one: liveOne(Account, "a"),
  each: liveEach(liveAll<string>(from(Account).select("id"), undefined), (id) => liveOne(Account, id)),
};
const authorize = {
  row: (row: unknown, { rights }: { rights: unknown }) =>
    (row as Account).owner === (rights as Note | null)?.accountId,
  watch: liveOne(Note, "right"),
};

test("rows that are not allowed are not shown, in any label, also after set and add", async () => {
  const sub = await world.subscribe(queries, { authorize });
  expect(sub.value).toMatchObject({ all: [{ id: "a" }], one: { id: "a" }, each: [{ id: "a" }] });
  await world.insert(Account, { id: "c", owner: "y" });
  await sub.set("one", liveOne(Account, "b"));
  const more = await sub.add({ other: liveOne(Account, "c") });
  expect(more.value).toMatchObject({ all: [{ id: "a" }], one: null, other: null });
});

test("rights that change take and give rows in the transition that changes them", async () => {
  const sub = await world.subscribe(queries, { authorize });
  const changes: unknown[] = [];
  sub.on("change", (transition) => changes.push(transition.changes));
  await world.write(async (ctx) => {
    await change(ctx, Note, "right", { accountId: "y" });
    await change(ctx, Account, "b", { note: "new" });
  });
  await sub.until(await now());
  expect(changes).toMatchObject([
    {
      all: [
        { op: "delete", key: "a" },
        { op: "insert", key: "b", row: { note: "new" } },
      ],
      one: [{ op: "delete", key: "a" }],
      each: [
        { op: "delete", key: "a" },
        { op: "insert", key: "b" },
      ],
    },
  ]);
  await world.delete(Note, "right");
  await sub.until(await now());
  expect(sub.value).toEqual({ all: [], one: null, each: [] });
});

test("a cursor from before the rights changed is answered with a snapshot that says so", async () => {
  const sub = await world.subscribe(queries, { authorize });
  const { cursor } = sub;
  await sub.close();
  await world.update(Account, "a", { note: "1" });
  const resumed = await world.subscribe(queries, { authorize, resume: cursor });
  for await (const transition of resumed) {
    expect(transition).toMatchObject({ type: "change", changes: { all: [{ op: "update", key: "a" }] } });
    break;
  }
  await resumed.close();
  await world.update(Note, "right", { accountId: "y" });
  const changed = await world.subscribe(queries, { authorize, resume: cursor });
  for await (const transition of changed) {
    expect(transition).toMatchObject({ type: "snapshot", reason: "rights-changed", value: { one: null } });
    break;
  }
});

test("what is watched for rights is released with the subscription", async () => {
  const sub = await world.subscribe(queries, { authorize });
  expect(world.hub.watchCount).toBe(2);
  await sub.close();
  expect(world.hub.watchCount).toBe(0);
  expect(world.hub.tenants).toEqual([]);
});
