import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Collection, createCollection } from "@tanstack/db";
import type { Plain } from "../../lib/client/index.js";
import { change } from "../../lib/index.js";
import { type Mutation, plinthCollectionOptions } from "../../lib/tanstack-db/index.js";
import { eventually, Item, Stage } from "../client/stage.js";

type Row = Plain<Item>;

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
  await stage.insert("a", { grp: "x" });
});
afterEach(() => stage.close());

const committed = async (write: (tx: Stage["repo"]) => Promise<unknown>) => {
  const { version } = (await stage.repo.transactional(stage.tenant, write as never, {
    returning: "version",
  })) as unknown as { version: bigint };
  return { version: String(version) };
};

/** The application's server: each write may be late or refused. */
interface Way {
  before(): Promise<unknown>;
  after(): Promise<unknown>;
}

function collectionOf(way: Way) {
  const through =
    (write: (tx: Stage["repo"], mutation: Mutation<Row>) => Promise<unknown>) =>
    async (mutations: readonly Mutation<Row>[]) => {
      await way.before();
      const answer = await committed(async (tx) => {
        for (const mutation of mutations) await write(tx, mutation);
      });
      await way.after();
      return answer;
    };
  const collection = createCollection(
    plinthCollectionOptions({
      connection: stage.connect(),
      query: "group",
      params: { grp: "x" },
      getKey: (row: Row) => row.id,
      onInsert: through((tx, { row }) => tx.insert(Item, row as never)),
      onUpdate: through(async (tx, { key, changes }) =>
        tx.update(change((await tx.get(Item, key as string, { tenant: stage.tenant }))!, changes as object)),
      ),
      onDelete: through(async (tx, { key }) =>
        tx.delete((await tx.get(Item, key as string, { tenant: stage.tenant }))!),
      ),
    }),
  );
  return collection as unknown as Collection<Row, string>;
}

const told = (collection: Collection<Row, string>) =>
  collection.toArray
    .map(({ id, n }) => `${id}${n}`)
    .sort()
    .join();

/** All that was ever shown, without repetitions. */
async function watched(way: Way) {
  const collection = collectionOf(way);
  await collection.preload();
  const seen: string[] = [told(collection)];
  const look = () => {
    const now = told(collection);
    if (seen.at(-1) !== now) seen.push(now);
  };
  collection.subscribeChanges(look);
  return { collection, seen };
}

const row = (id: string, n = 1) =>
  ({ id, n, grp: "x", at: null, size: null, data: null, price: null, meta: null }) as Row;
const atOnce = () => Promise.resolve();

describe.each<[string, Way, (() => Promise<void>) | undefined]>([
  ["a quick network", { before: atOnce, after: atOnce }, undefined],
  ["a slow stream", { before: atOnce, after: atOnce }, () => sleep(60)],
  ["a slow answer", { before: atOnce, after: () => sleep(120) }, undefined],
  ["all of it slow", { before: () => sleep(40), after: () => sleep(20) }, () => sleep(30)],
])("over %s", (_, way, slow) => {
  test("what is written is shown once, at once, and never taken back", async () => {
    const { collection, seen } = await watched(way);
    stage.slow = slow;
    const inserted = collection.insert(row("b"));
    expect(seen.at(-1)).toBe("a1,b1");
    await inserted.isPersisted.promise;
    const updated = collection.update("b", (draft) => {
      (draft as { n: number }).n = 2;
    });
    await updated.isPersisted.promise;
    const twice = [3, 4].map((n) =>
      collection.update("a", (draft) => {
        (draft as { n: number }).n = n;
      }),
    );
    await Promise.all(twice.map(({ isPersisted }) => isPersisted.promise));
    await collection.delete("b").isPersisted.promise;
    expect(seen).toEqual(["a1", "a1,b1", "a1,b2", "a3,b2", "a4,b2", "a4"]);
    // Nothing is made up any more: what is shown is what was told.
    await eventually(() => told(collection) === "a4");
    stage.slow = undefined;
    await stage.insert("c", { grp: "x" });
    await eventually(() => told(collection) === "a4,c1");
    expect(seen.at(-1)).toBe("a4,c1");
  });

  test("what others write meanwhile is shown beside it", async () => {
    const { collection, seen } = await watched(way);
    stage.slow = slow;
    const inserted = collection.insert(row("b"));
    await stage.insert("c", { grp: "x" });
    await inserted.isPersisted.promise;
    await eventually(() => told(collection) === "a1,b1,c1");
    // No state lacks the row that was written, and none has it twice.
    for (const state of seen.slice(1)) expect(state).toMatch(/^a1,b1(,c1)?$/);
  });
});

test("a write that fails is undone, and nothing else is", async () => {
  let refuse = true;
  const { collection, seen } = await watched({
    before: async () => {
      await sleep(20);
      if (refuse) throw new Error("refused");
    },
    after: atOnce,
  });
  const failed = collection.insert(row("b"));
  expect(seen.at(-1)).toBe("a1,b1");
  await stage.insert("c", { grp: "x" });
  await expect(failed.isPersisted.promise).rejects.toThrow("refused");
  await eventually(() => told(collection) === "a1,c1");
  refuse = false;
  await collection.insert(row("b")).isPersisted.promise;
  expect(told(collection)).toBe("a1,b1,c1");
});

test("the optimistic state stays while the connection is lost, until the commit is there", async () => {
  const { collection, seen } = await watched({
    before: atOnce,
    after: async () => {
      stage.instead = () => Promise.reject(new TypeError("down"));
      stage.cut();
    },
  });
  const inserted = collection.insert(row("b"));
  let settled = false;
  void inserted.isPersisted.promise.then(() => {
    settled = true;
  });
  await sleep(100);
  expect([settled, told(collection)]).toEqual([false, "a1,b1"]);
  stage.instead = undefined;
  await inserted.isPersisted.promise;
  expect(seen).toEqual(["a1", "a1,b1"]);
});

test("a collection that nobody uses any more ends its subscription", async () => {
  const { collection } = await watched({ before: atOnce, after: atOnce });
  expect(stage.sync.inspect().subscriptions).toBe(2);
  await collection.cleanup();
  await eventually(() => stage.sync.inspect().subscriptions === 1);
});

test("a query that the server refuses is an error of the collection", async () => {
  const collection = createCollection(
    plinthCollectionOptions({
      connection: stage.connect(),
      query: "broken",
      params: {} as never,
      getKey: (each: Row) => each.id,
    }),
  );
  await expect(collection.preload()).rejects.toMatchObject({ code: "invalid_params" });
});
