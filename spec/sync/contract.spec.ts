import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  type Subscription,
  SubscriptionClosedError,
  Sync,
  Tenant,
  type Transition,
} from "../../lib/index.js";

/** What the package promises of a subscription, line by line, as an application uses it. */

@Schema("tasks")
class Task {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare list: string | null;
  @Field("string") declare title: string | null;
}

@Schema("lists")
class List {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
}

class Tasks extends Migration {
  change() {
    return [create(metadata(Task)), create(index(Task, ["list", "title"])), create(metadata(List))];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Tasks]] });
  tenant = await Tenant.openEmpty(repo, "a");
  sync = new Sync(repo);
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

/** Writes, and gives the version of the commit. */
const write = async (body: () => Promise<unknown>) =>
  (await repo.transactional(tenant, body, { returning: "version" })).version;
const add = (id: string, list = "l") => write(() => repo.insert(Task, { id, list, title: id }));
const rename = (id: string, title: string) =>
  write(async () => repo.update(change(await repo.getOrThrow(Task, id), { title })));
const remove = (id: string) => write(async () => repo.delete(await repo.getOrThrow(Task, id)));
const tasks = (list = "l") => sync.allBy(from(Task).orderBy("title"), { list });

type Any = Transition<Record<string, ReturnType<typeof tasks>>>;

describe("the end of a subscription", () => {
  test("comes with the block that it was made in", async () => {
    let kept: Subscription<{ tasks: ReturnType<typeof tasks> }>;
    {
      await using page = await sync.subscribe(tenant, { tasks: tasks() });
      expect(page.state).toBe("live");
      kept = page;
    }
    expect(kept.state).toBe("closed");
    expect(sync.inspect().watches).toBe(0);
    await expect(kept.resume()).rejects.toThrow(SubscriptionClosedError);
  });

  test("comes with its Sync, which can be disposed of the same way", async () => {
    let page: Subscription<{ tasks: ReturnType<typeof tasks> }>;
    {
      await using own = new Sync(repo);
      page = await own.subscribe(tenant, { tasks: own.allBy(Task, { list: "l" }) });
    }
    expect(page.state).toBe("closed");
    await expect(sync.subscribe(tenant, { tasks: tasks() })).resolves.toMatchObject({ state: "live" });
  });

  test("comes with the signal: loops end, waits are rejected with its reason, and it is let go of", async () => {
    const control = new AbortController();
    const page = await sync.subscribe(tenant, { tasks: tasks() }, { signal: control.signal });
    const loop = (async () => {
      const types: string[] = [];
      for await (const transition of page) types.push(transition.type);
      return types;
    })();
    const wait = page.until(1n << 60n, { signal: control.signal });
    const version = await add("a");
    await page.until(version);
    control.abort(new Error("enough"));
    await expect(wait).rejects.toThrow("enough");
    expect(await loop).toEqual(["snapshot", "change"]);
    expect(getEventListeners(control.signal, "abort")).toHaveLength(0);
    await expect(sync.subscribe(tenant, { tasks: tasks() }, { signal: control.signal })).rejects.toThrow(
      "enough",
    );
  });

  test("a signal that is aborted while it begins leaves nothing behind", async () => {
    const control = new AbortController();
    const begun = sync.subscribe(tenant, { tasks: tasks() }, { signal: control.signal });
    control.abort(new Error("too late"));
    await expect(begun).rejects.toThrow("too late");
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(sync.inspect()).toMatchObject({ subscriptions: 0, watches: 0, queries: [] });
  });
});

describe("budgets", () => {
  test("are each reader's own: one stalls and another one and the listeners are told everything", async () => {
    const page = await sync.subscribe(
      tenant,
      { tasks: tasks() },
      { delivery: { onOverflow: "conflate", budget: { transitions: 2 } } },
    );
    const [stalled, quick] = [page[Symbol.asyncIterator](), page[Symbol.asyncIterator]()];
    await stalled.next();
    await quick.next();
    const heard: Any[] = [];
    page.on("transition", (t) => heard.push(t as Any));
    const seen: Any[] = [];
    for (let i = 0; i < 6; i++) {
      await page.until(await add(`t${i}`));
      seen.push((await quick.next()).value as Any);
    }
    expect(heard).toEqual(seen);
    const { value } = (await stalled.next()) as { value: Any };
    expect(value).toMatchObject({ type: "change", commits: 6 });
  });

  test.each(["conflate", "reset", "close"] as const)("of the policy %s end as it says", async (policy) => {
    const page = await sync.subscribe(
      tenant,
      { tasks: tasks() },
      { delivery: { onOverflow: policy, budget: { transitions: 1 } } },
    );
    const reader = page[Symbol.asyncIterator]();
    await reader.next();
    for (let i = 0; i < 3; i++) await page.until(await add(`t${i}`));
    if (policy === "conflate")
      expect((await reader.next()).value).toMatchObject({ type: "change", commits: 3 });
    if (policy === "reset") expect((await reader.next()).value).toMatchObject({ reason: "overflow" });
    if (policy === "close") {
      await reader.next();
      await reader.next();
      await expect(reader.next()).rejects.toMatchObject({ code: "subscription_overflow" });
    }
  });
});

describe("live queries", () => {
  test("take one watch for each source, however many they are", async () => {
    const pages = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        sync.subscribe(tenant, { tasks: tasks(`l${i}`), list: sync.one(List, `l${i}`), n: sync.count(Task) }),
      ),
    );
    expect(sync.inspect({ top: 0 })).toMatchObject({ watches: 2, totals: { queries: 201, feeds: 2 } });
    const changed = new Promise((resolve) => pages[42]!.on("change:tasks", resolve));
    await add("a", "l42");
    expect(await changed).toMatchObject([{ op: "insert", key: "a" }]);
    // Its query and the number; nobody else's.
    expect(sync.inspect({ top: 0 }).totals).toMatchObject({ evaluations: 2, wasted: 0 });
    await Promise.all(pages.map((page) => page.close()));
    expect(sync.inspect()).toMatchObject({ watches: 0, queries: [], feeds: [] });
  });

  test("of every kind, on actions, move as they say", async () => {
    const actions = ["changes", "collection", "inserts", "deletes", "updates"] as const;
    const labels = Object.fromEntries(
      actions.map((on) => [on, sync.allBy(from(Task), { list: "l" }, { on })]),
    ) as Record<(typeof actions)[number], ReturnType<typeof tasks>>;
    const page = await sync.subscribe(tenant, {
      ...labels,
      count: sync.count(from(Task).where({ list: "l" })),
      signal: sync.signal(Task, "inserts", { list: "l" }),
      many: sync.many(Task, ["b", "a"]),
      missing: sync.one(Task, "a"),
    });
    const moved: string[] = [];
    page.on("change", (t) => moved.push(...Object.keys(t.changes)));
    const step = async (version: Promise<bigint>) => {
      moved.length = 0;
      await page.until(await version);
      return [...moved].sort();
    };
    const coming = ["changes", "collection", "count", "inserts", "many"];
    expect(await step(add("a"))).toEqual([...coming, "missing", "signal"]);
    expect(page.value.missing).toMatchObject({ id: "a" });
    expect(page.value.many).toMatchObject([{ id: "a" }]);
    expect(await step(rename("a", "A"))).toEqual(["changes", "many", "missing", "updates"]);
    expect(await step(add("b"))).toEqual([...coming, "signal"]);
    expect(page.value.many.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(await step(remove("a"))).toEqual(["changes", "collection", "count", "deletes", "many", "missing"]);
    expect(page.value.missing).toBeNull();
  });

  test("nest, and each part keeps what stays", async () => {
    for (const id of ["l", "m"]) await write(() => repo.insert(List, { id, name: id }));
    await add("a", "l");
    await add("b", "m");
    const page = await sync.subscribe(tenant, {
      board: sync.each(sync.all(from(List).select("id"), { on: "collection" }), (list) =>
        sync.each(sync.allBy(from(Task).select("id"), { list }), (id) => sync.one(Task, id)),
      ),
    });
    expect(page.value.board).toMatchObject([[{ id: "a" }], [{ id: "b" }]]);
    const [, second] = page.value.board;
    await page.until(await rename("a", "A"));
    expect(page.value.board).toMatchObject([[{ title: "A" }], [{ id: "b" }]]);
    expect(page.value.board[1]).toBe(second);
    const told: unknown[] = [];
    page.on("change:board", (changes) => told.push(...changes));
    const version = await write(async () => {
      await repo.insert(List, { id: "n", name: "n" });
      await repo.insert(Task, { id: "c", list: "n", title: "c" });
    });
    await page.until(version);
    // The list and its first task come in one step.
    expect(told).toMatchObject([{ op: "insert", key: "n", row: [{ id: "c" }], index: 2 }]);
  });
});
