import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  MetadataRequiredError,
  SubscriptionClosedError,
  TenantGoneError,
  UnsupportedQueryError,
} from "../../lib/errors.js";
import { from } from "../../lib/query/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import type { AnyTransition } from "../../lib/sync/live/transition.js";
import {
  liveAll,
  liveCount,
  liveEach,
  liveMany,
  liveOne,
  liveSignal,
} from "../../lib/sync/queries/live-queries.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Host } from "../layer/support.js";
import { Account, change, Note, put, World } from "./world.js";

/** Accounts without their notes. */
@Schema("accounts")
class Owned {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string | null;
  @Field("integer") declare balance: number | null;
}

let world: World;
beforeEach(async () => {
  world = await World.create();
});
afterEach(() => world.close());

const all = (query: Parameters<typeof liveAll>[0] = from(Account), on?: Parameters<typeof liveAll>[2]) =>
  liveAll<Account>(query as never, undefined, on);

/** Everything that a subscription tells from here on. */
function told(sub: { on(event: "transition", fn: (t: never) => void): unknown }): AnyTransition[] {
  const transitions: AnyTransition[] = [];
  sub.on("transition", (t: never) => transitions.push(t));
  return transitions;
}

const now = () => world.write((ctx) => ctx.tx.getReadVersion());

describe("a subscription", () => {
  test("shows all labels when it resolves, and misses nothing that is written afterwards", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1 });
    const sub = await world.subscribe({
      list: all(),
      one: liveOne(Account, "a"),
      count: liveCount(from(Account)),
    });
    expect(sub.value).toMatchObject({ list: [{ id: "a" }], one: { id: "a" }, count: 1 });
    expect(Object.isFrozen(sub.value) && Object.isFrozen(sub.value.list)).toBe(true);
    await world.insert(Account, { id: "b", owner: "x", balance: 2 });
    await sub.until(await now());
    expect(sub.value).toMatchObject({ list: [{ id: "a" }, { id: "b" }], count: 2 });
    expect(sub.labels).toEqual(["list", "one", "count"]);
    expect(sub.state).toBe("live");
  });

  test("tells one transition for one commit, with the changes of every label", async () => {
    const sub = await world.subscribe({ list: all(), notes: liveAll<Note>(Note, undefined) });
    const transitions = told(sub);
    await world.write(async (ctx) => {
      await put(ctx, Account, { id: "a", balance: 1 });
      await put(ctx, Note, { id: "n", accountId: "a" });
    });
    await sub.until(await now());
    expect(transitions).toHaveLength(1);
    expect(transitions[0]).toMatchObject({
      type: "change",
      commits: 1,
      changes: {
        list: [{ op: "insert", key: "a", row: { id: "a" }, index: 0 }],
        notes: [{ op: "insert", key: "n" }],
      },
      previous: { list: [], notes: [] },
    });
  });

  test("keeps the identity of rows that did not change", async () => {
    await world.insert(Account, { id: "a", balance: 1 });
    await world.insert(Account, { id: "b", balance: 2 });
    const sub = await world.subscribe({ list: all() });
    const [first, second] = sub.value.list;
    await world.update(Account, "b", { balance: 3 });
    await sub.until(await now());
    expect(sub.value.list[0]).toBe(first);
    expect(sub.value.list[1]).not.toBe(second);
  });

  test("says nothing when nothing visible changed", async () => {
    await world.insert(Account, { id: "a", balance: 1, note: "x" });
    const sub = await world.subscribe({
      ids: liveAll<string>(from(Account).select("id"), undefined),
      rich: all(from(Account).where({ balance: { gte: 10 } })),
    });
    const transitions = told(sub);
    await world.update(Account, "a", { note: "y" });
    await world.insert(Note, { id: "n" });
    const version = await now();
    await sub.until(version);
    expect(transitions).toEqual([]);
    expect(sub.version).toBeGreaterThanOrEqual(version);
  });

  test("tells a row that leaves and returns as a delete and an insert", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1 });
    const sub = await world.subscribe({ mine: liveAll<Account>(from(Account), { owner: "x" }) });
    const transitions = told(sub);
    await world.write((ctx) => change(ctx, Account, "a", { owner: "y" }));
    await world.write((ctx) => change(ctx, Account, "a", { owner: "x", balance: 2 }));
    await sub.until(await now());
    const ops = transitions
      .flatMap((t) => (t.type === "change" ? (t.changes.mine ?? []) : []))
      .map((c) => c.op);
    expect(ops).toEqual(["delete", "insert"]);
  });

  test("also one that is too large for the log", async () => {
    await world.insert(Account, { id: "a", owner: "x", note: "n".repeat(3_000) });
    const sub = await world.subscribe({ mine: liveAll<Account>(from(Account), { owner: "x" }) });
    const transitions = told(sub);
    await world.write(async (ctx) => {
      await change(ctx, Account, "a", { owner: "y" });
      await change(ctx, Account, "a", { owner: "x", balance: 2 });
    });
    await sub.until(await now());
    expect(transitions).toMatchObject([{ changes: { mine: [{ op: "delete" }, { op: "insert" }] } }]);
  });

  test("an update says what was before, which fields changed and where the row stands", async () => {
    await world.insert(Account, { id: "a", balance: 1 });
    await world.insert(Account, { id: "b", balance: 2 });
    const sub = await world.subscribe({ list: all(from(Account).orderBy("balance")) });
    const transitions = told(sub);
    await world.update(Account, "a", { balance: 9 });
    await sub.until(await now());
    expect(transitions[0]).toMatchObject({
      changes: {
        list: [
          {
            op: "update",
            key: "a",
            before: { balance: 1 },
            row: { balance: 9 },
            changed: ["balance"],
            from: 0,
            index: 1,
          },
        ],
      },
    });
  });

  test("closing ends readers, releases the watch and refuses everything else", async () => {
    const sub = await world.subscribe({ list: all() });
    expect(world.hub.watchCount).toBe(1);
    const reader = sub[Symbol.asyncIterator]();
    await reader.next();
    const waiting = reader.next();
    let closed = 0;
    sub.on("close", () => closed++);
    await sub.close();
    await sub.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(closed).toBe(1);
    expect(sub.state).toBe("closed");
    expect(world.hub.watchCount).toBe(0);
    expect(world.hub.tenants).toEqual([]);
    await expect(sub.until(1n)).rejects.toThrow(SubscriptionClosedError);
    await expect(sub.add({ one: liveOne(Account, "a") })).rejects.toThrow(SubscriptionClosedError);
  });

  test("an abort signal closes it, rejects `until` with its reason, and refuses a late subscribe", async () => {
    const control = new AbortController();
    const sub = await world.subscribe({ list: all() }, { signal: control.signal });
    const until = sub.until(1n << 60n, { signal: control.signal });
    control.abort(new Error("gone"));
    await expect(until).rejects.toThrow("gone");
    expect(sub.state).toBe("closed");
    await expect(world.subscribe({ list: all() }, { signal: control.signal })).rejects.toThrow("gone");
    expect(world.hub.watchCount).toBe(0);
  });

  test("a listener that was added with a signal hears nothing after it; one that throws hurts nobody", async () => {
    const sub = await world.subscribe({ list: all() });
    const control = new AbortController();
    const heard: string[] = [];
    sub.on("change:list", (changes) => heard.push(`first ${changes.length}`), { signal: control.signal });
    sub.on("change", (t) => heard.push(`second ${t.changes.list?.length}`));
    await world.insert(Account, { id: "a" });
    await sub.until(await now());
    control.abort();
    await world.insert(Account, { id: "b" });
    await sub.until(await now());
    expect(heard).toEqual(["first 1", "second 1", "second 1"]);
  });

  test("ends with TenantGoneError when the tenant is deleted", async () => {
    const sub = await world.subscribe({ list: all(), one: liveOne(Account, "a") });
    const error = new Promise<unknown>((resolve) => sub.on("error", resolve));
    await world.insert(Account, { id: "a" });
    await Tenant.delete(new Host(world.engine), world.tenant.id);
    expect(await error).toBeInstanceOf(TenantGoneError);
    expect(sub.state).toBe("closed");
  });

  test("shows an empty tenant after it was cleared", async () => {
    await world.insert(Account, { id: "a" });
    const sub = await world.subscribe({ list: all(), one: liveOne(Account, "a") });
    const transitions = told(sub);
    await Tenant.clear(new Host(world.engine), world.tenant.id);
    await sub.until(await now());
    expect(sub.value).toEqual({ list: [], one: null });
    expect(transitions).toMatchObject([{ changes: { list: [{ op: "delete" }], one: [{ op: "delete" }] } }]);
  });
});

describe("actions", () => {
  const actions = ["changes", "collection", "inserts", "deletes", "updates"] as const;

  test("choose which changes move a label; a row that starts to match comes, one that stops goes", async () => {
    const labels = Object.fromEntries(
      actions.map((on) => [on, liveAll<Account>(from(Account), { owner: "x" }, on)]),
    ) as Record<(typeof actions)[number], ReturnType<typeof all>>;
    const sub = await world.subscribe(labels);
    const moved: string[][] = [];
    sub.on("change", (t) => moved.push(Object.keys(t.changes).sort()));
    const step = async (write: Promise<unknown>) => {
      moved.length = 0;
      await write;
      await sub.until(await now());
      return moved.flat();
    };
    expect(await step(world.insert(Account, { id: "a", owner: "x" }))).toEqual([
      "changes",
      "collection",
      "inserts",
    ]);
    expect(await step(world.insert(Account, { id: "b", owner: "y" }))).toEqual([]);
    expect(await step(world.update(Account, "a", { note: "n" }))).toEqual(["changes", "updates"]);
    expect(await step(world.update(Account, "b", { owner: "x" }))).toEqual([
      "changes",
      "collection",
      "inserts",
      "updates",
    ]);
    expect(await step(world.update(Account, "b", { owner: "y" }))).toEqual([
      "changes",
      "collection",
      "deletes",
      "updates",
    ]);
    expect(await step(world.delete(Account, "a"))).toEqual(["changes", "collection", "deletes"]);
  });

  test("a signal counts what it stands for, by value too", async () => {
    const by = { owner: "x" };
    const sub = await world.subscribe({
      all: liveSignal(Account, "changes"),
      inserts: liveSignal(Account, "inserts", by),
      deletes: liveSignal(Account, "deletes", by),
      collection: liveSignal(Account, "collection", by),
      updates: liveSignal(Account, "updates", by),
      changes: liveSignal(Account, "changes", by),
    });
    const step = async (write: Promise<unknown>) => {
      await write;
      await sub.until(await now());
      const { inserts, deletes, collection, updates, changes } = sub.value;
      return [inserts, deletes, collection, updates, changes];
    };
    expect(await step(world.insert(Account, { id: "a", owner: "x" }))).toEqual([1, 0, 1, 0, 1]);
    expect(await step(world.insert(Account, { id: "b", owner: "y" }))).toEqual([1, 0, 1, 0, 1]);
    expect(await step(world.update(Account, "a", { note: "n" }))).toEqual([1, 0, 1, 1, 2]);
    expect(await step(world.update(Account, "a", { owner: "z" }))).toEqual([1, 1, 2, 2, 3]);
    expect(await step(world.update(Account, "a", { owner: "x" }))).toEqual([2, 1, 3, 3, 4]);
    expect(await step(world.delete(Account, "a"))).toEqual([2, 2, 4, 3, 5]);
    expect(sub.value.all).toBe(6);
  });
});

describe("lists of ids", () => {
  const products = (on?: "collection") =>
    liveEach(liveAll<string>(from(Account).select("id"), undefined, on), (id) => liveOne(Account, id));

  test("rows that stay keep their subscription when the list changes; rows that left do not come back", async () => {
    await world.insert(Account, { id: "a", note: "1" });
    await world.insert(Account, { id: "b", note: "1" });
    const sub = await world.subscribe({ cards: products("collection") });
    await world.insert(Account, { id: "c", note: "1" });
    await sub.until(await now());
    expect(sub.value.cards.map((row) => row.id)).toEqual(["a", "b", "c"]);
    await world.update(Account, "a", { note: "2" });
    await sub.until(await now());
    expect(sub.value.cards[0]).toMatchObject({ id: "a", note: "2" });
    await world.delete(Account, "b");
    await sub.until(await now());
    expect(sub.value.cards.map((row) => row.id)).toEqual(["a", "c"]);
  });

  test("a list that is set anew watches the rows that stay, and lets go of those that left", async () => {
    for (const id of ["a", "b", "c"]) await world.insert(Account, { id, note: "1" });
    const sub = await world.subscribe({ list: liveMany(Account, ["a", "b"]) });
    await sub.set("list", liveMany(Account, ["a", "c"]));
    const transitions = told(sub);
    await world.update(Account, "a", { note: "2" });
    await sub.until(await now());
    expect(sub.value.list).toMatchObject([{ id: "a", note: "2" }, { id: "c" }]);
    await world.update(Account, "b", { note: "2" });
    await sub.until(await now());
    expect(transitions).toHaveLength(1);
  });

  test("come in the order of the ids, without the missing ones until they appear", async () => {
    await world.insert(Account, { id: "a" });
    await world.insert(Account, { id: "c" });
    const sub = await world.subscribe({ list: liveMany(Account, ["c", "b", "a"]) });
    expect(sub.value.list.map((row) => row.id)).toEqual(["c", "a"]);
    const transitions = told(sub);
    await world.insert(Account, { id: "b" });
    await sub.until(await now());
    expect(sub.value.list.map((row) => row.id)).toEqual(["c", "b", "a"]);
    expect(transitions).toMatchObject([{ changes: { list: [{ op: "insert", key: "b", index: 1 }] } }]);
    expect(Object.keys((transitions[0] as { changes: object }).changes)).toEqual(["list"]);
  });

  test("nest: lists of lists move with their rows", async () => {
    await world.insert(Account, { id: "a" });
    await world.insert(Note, { id: "n", accountId: "a" });
    const sub = await world.subscribe({
      notes: liveEach(liveAll<string>(from(Account).select("id"), undefined), (id) =>
        liveEach(liveAll<string>(from(Note).where({ accountId: id }).select("id"), undefined), (note) =>
          liveOne(Note, note),
        ),
      ),
    });
    expect(sub.value.notes).toMatchObject([[{ id: "n" }]]);
    await world.insert(Account, { id: "b" });
    await world.insert(Note, { id: "m", accountId: "b", text: "1" });
    await world.update(Note, "n", { text: "2" });
    await sub.until(await now());
    expect(sub.value.notes).toMatchObject([[{ id: "n", text: "2" }], [{ id: "m", text: "1" }]]);
  });

  test("saving one row is one update of that row, whatever the length of the list", async () => {
    for (let i = 0; i < 30; i++) await world.insert(Account, { id: `a${i + 10}`, note: "1" });
    const sub = await world.subscribe({ cards: products("collection") });
    const transitions = told(sub);
    await world.update(Account, "a20", { note: "2" });
    await sub.until(await now());
    expect(transitions).toMatchObject([
      { changes: { cards: [{ op: "update", key: "a20", index: 10, changed: ["note"] }] } },
    ]);
  });
});

describe("without metadata", () => {
  beforeEach(async () => {
    await world.close();
    world = await World.create({ accounts: false, notes: false });
  });

  test("rows, many and each work on a watch for each row, and a missing row is noticed", async () => {
    await world.insert(Account, { id: "a", note: "1" });
    const sub = await world.subscribe({
      one: liveOne(Account, "b"),
      list: liveMany(Account, ["a", "b"]),
    });
    expect(sub.value).toMatchObject({ one: null, list: [{ id: "a" }] });
    // A row that is not there does not move when the tenant goes, so that one is watched, too.
    expect(world.hub.watchCount).toBe(3);
    await world.insert(Account, { id: "b", note: "1" });
    await sub.until(await now());
    expect(sub.value).toMatchObject({ one: { id: "b" }, list: [{ id: "a" }, { id: "b" }] });
    expect(world.hub.watchCount).toBe(2);
    await world.update(Account, "a", { note: "2" });
    await sub.until(await now());
    expect(sub.value.list[0]).toMatchObject({ note: "2" });
    await world.delete(Account, "b");
    await sub.until(await now());
    expect(sub.value.one).toBeNull();
    expect(world.hub.watchCount).toBe(3);
    await sub.close();
    expect(world.hub.watchCount).toBe(0);
  });

  test("two rows of one commit move together", async () => {
    await world.insert(Account, { id: "a", balance: 5 });
    await world.insert(Account, { id: "b", balance: 5 });
    const sub = await world.subscribe({ a: liveOne(Account, "a"), b: liveOne(Account, "b") });
    const sums: number[] = [];
    sub.on("transition", () => sums.push(sub.value.a!.balance! + sub.value.b!.balance!));
    for (let i = 0; i < 20; i++) {
      await world.write(async (ctx) => {
        await change(ctx, Account, "a", { balance: i });
        await change(ctx, Account, "b", { balance: 10 - i });
      });
    }
    await sub.until(await now());
    expect(new Set(sums)).toEqual(new Set([10]));
  });

  test.each([
    ["all", () => all()],
    ["allBy", () => liveAll(from(Account), { owner: "x" })],
    ["count", () => liveCount(from(Account))],
    ["signal", () => liveSignal(Account, "changes")],
  ])("%s is refused with the migration line", async (_, live) => {
    const refused = world.subscribe({ one: liveOne(Account, "a"), it: live() });
    await expect(refused).rejects.toThrow(MetadataRequiredError);
    await expect(refused).rejects.toThrow("create(metadata(Account))");
    expect(world.hub.watchCount).toBe(0);
    expect(world.open.size).toBe(0);
  });
});

describe("what a live query cannot do is refused at once", () => {
  test("preload, distinct and cursors", () => {
    expect(() => all(from(Account).distinct("owner"))).toThrow(UnsupportedQueryError);
  });

  test("a query that no index serves fails alone, with the migration line; the others go on", async () => {
    const sub = await world.subscribe({ list: all() });
    await expect(world.subscribe({ bad: all(from(Account).where({ note: "x" })) })).rejects.toThrow(
      /create\(index/,
    );
    await expect(sub.add({ bad: all(from(Account).where({ note: "x" })) })).rejects.toThrow(
      UnsupportedQueryError,
    );
    await world.insert(Account, { id: "a" });
    await sub.until(await now());
    expect(sub.value.list).toHaveLength(1);
  });

  test("an id that is missing, an unknown action and a label that is no live query", async () => {
    expect(() => liveOne(Account, undefined)).toThrow(/no id/);
    expect(() => all(from(Account), "sometimes" as never)).toThrow(/there are/);
    await expect(world.subscribe({ list: from(Account) as never })).rejects.toThrow(/sync\.all/);
  });
});

describe("changing a subscription", () => {
  test("set tells the smallest difference, in the same subscription", async () => {
    for (const [id, owner] of [
      ["a", "x"],
      ["b", "x"],
      ["c", "y"],
    ] as const)
      await world.insert(Account, { id, owner });
    const sub = await world.subscribe({
      list: all(from(Account).where({ id: { in: ["a", "b"] } })),
      n: liveCount(Account),
    });
    const transitions = told(sub);
    await sub.set("list", all(from(Account).where({ id: { in: ["b", "c"] } })));
    expect(transitions).toMatchObject([
      {
        type: "change",
        changes: {
          list: [
            { op: "delete", key: "a" },
            { op: "insert", key: "c" },
          ],
        },
      },
    ]);
    expect(sub.value.list.map((row) => row.id)).toEqual(["b", "c"]);
    await sub.set("list", all(from(Account).where({ id: { in: ["c", "b"] } })));
    expect(transitions).toHaveLength(1);
    await world.update(Account, "c", { note: "n" });
    await sub.until(await now());
    expect(transitions).toHaveLength(2);
    await expect(sub.set("nope" as "list", all())).rejects.toThrow(/no label/);
  });

  test("several at once move together, in one transition, or not at all", async () => {
    for (const id of ["a", "b"]) await world.insert(Account, { id });
    await world.insert(Note, { id: "n", accountId: "b" });
    const notes = (accountId: string) => liveAll<Note>(from(Note), { accountId });
    const sub = await world.subscribe({ one: liveOne(Account, "a"), notes: notes("a") });
    const transitions = told(sub);
    await Promise.all([sub.set("one", liveOne(Account, "b")), sub.set("notes", notes("b"))]);
    expect(transitions).toMatchObject([{ changes: { one: [{}, {}], notes: [{ op: "insert", key: "n" }] } }]);
    const bad = liveAll<Note>(from(Note), { text: "x" });
    const both = await Promise.allSettled([sub.set("one", liveOne(Account, "a")), sub.set("notes", bad)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(sub.value).toMatchObject({ one: { id: "b" }, notes: [{ id: "n" }] });
    await sub.set("one", liveOne(Account, "a"));
    expect(sub.value.one).toMatchObject({ id: "a" });
  });

  test("add and drop labels at the version of the others", async () => {
    await world.insert(Account, { id: "a" });
    const sub = await world.subscribe({ list: all() });
    const transitions = told(sub);
    const more = await sub.add({ one: liveOne(Account, "a") });
    expect(more).toBe(sub);
    expect(more.value).toMatchObject({ list: [{ id: "a" }], one: { id: "a" } });
    expect(transitions).toMatchObject([{ type: "snapshot", reason: "params-changed", labels: ["one"] }]);
    const less = await more.drop("list");
    expect(Object.keys(less.value)).toEqual(["one"]);
    await world.update(Account, "a", { note: "n" });
    await less.until(await now());
    expect(less.value.one).toMatchObject({ note: "n" });
  });

  test("pause holds the value; resume tells one net change", async () => {
    await world.insert(Account, { id: "a", note: "0" });
    const sub = await world.subscribe({ list: all() });
    const transitions = told(sub);
    sub.pause();
    expect(sub.state).toBe("paused");
    const other = await world.subscribe({ list: all() });
    for (const note of ["1", "2", "3"]) await world.update(Account, "a", { note });
    await other.until(await now());
    expect(sub.value.list).toMatchObject([{ note: "0" }]);
    await sub.resume();
    expect(sub.value.list).toMatchObject([{ note: "3" }]);
    expect(transitions.map((t) => t.type)).toEqual(["status", "status", "change"]);
    expect(transitions[2]).toMatchObject({
      changes: { list: [{ op: "update", before: { note: "0" }, row: { note: "3" } }] },
    });
  });
});

describe("sharing", () => {
  test("subscriptions to equal queries share one watch, one evaluation and one transition", async () => {
    const subs = await Promise.all(
      Array.from({ length: 20 }, () =>
        world.subscribe({ list: all(from(Account).where({ owner: { in: ["x"] } })) }),
      ),
    );
    const other = await world.subscribe({ list: liveAll(from(Account), { owner: "x" }) });
    const seen = new Set<unknown>();
    for (const sub of [...subs, other]) sub.on("change:list", ([change]) => seen.add(change));
    expect(world.hub.watchCount).toBe(1);
    expect(world.hub.tenants[0]!.nodes.size).toBe(1);
    await world.insert(Account, { id: "a", owner: "x" });
    await Promise.all(subs.map(async (sub) => sub.until(await now())));
    expect(seen.size).toBe(1);
    expect(subs[3]!.value.list).toBe(other.value.list);
  });

  test("two classes of one source share the watch, and each has rows of its own", async () => {
    await world.insert(Account, { id: "a", owner: "x", balance: 1 });
    const both = (S: typeof Account | typeof Owned) => ({
      list: liveAll<{ id: string }>(
        from<object>(S as never).where({ owner: "x" } as never) as never,
        undefined,
      ),
      one: liveOne<{ id: string }>(S as never, "a"),
      many: liveMany<{ id: string }>(S as never, ["a"]),
      n: liveCount(S),
    });
    const accounts = await world.subscribe(both(Account));
    const owned = await world.subscribe(both(Owned));
    expect(world.hub.watchCount).toBe(1);
    const classes = () =>
      [accounts, owned].map(({ value }) =>
        [value.list[0], value.one, value.many[0]].map(
          (row) => Object.getPrototypeOf(row).constructor as unknown,
        ),
      );
    const expected = [Array(3).fill(Account), Array(3).fill(Owned)];
    expect(classes()).toEqual(expected);
    await world.update(Account, "a", { note: "n" });
    await world.update(Account, "a", { balance: 7 });
    await accounts.until(await now());
    await owned.until(await now());
    expect(classes()).toEqual(expected);
    expect(accounts.value.one).toEqual({ id: "a", owner: "x", balance: 7, note: "n" });
    expect(owned.value.list).toEqual([{ id: "a", owner: "x", balance: 7 }]);
  });

  test("the watch goes with the last subscription", async () => {
    const first = await world.subscribe({ list: all() });
    const second = await world.subscribe({ list: all(), one: liveOne(Account, "a") });
    await first.close();
    expect(world.hub.watchCount).toBe(1);
    await second.close();
    expect(world.hub.watchCount).toBe(0);
  });

  test("subscribing and disposing leaves nothing behind", async () => {
    const cycles = Number(process.env.PLINTH_CYCLES ?? 400);
    const control = new AbortController();
    for (let i = 0; i < cycles; i++) {
      const sub = await world.subscribe(
        {
          list: all(from(Account).limit(1 + (i % 3))),
          one: liveOne(Account, `a${i % 7}`),
          each: liveMany(Account, ["a", "b"]),
        },
        { signal: control.signal },
      );
      sub.on("transition", () => undefined, { signal: control.signal });
      if (i % 50 === 0) await world.insert(Account, { id: `x${i}` });
      await sub.close();
    }
    expect(world.hub.watchCount).toBe(0);
    expect(world.hub.tenants).toEqual([]);
    expect(world.open.size).toBe(0);
    expect(getEventListeners(control.signal, "abort")).toHaveLength(0);
  });
});
