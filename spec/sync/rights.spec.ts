import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  applyChanges,
  change,
  create,
  Field,
  from,
  index,
  type Live,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  type SubscribeOptions,
  Sync,
  Tenant,
  type Transition,
} from "../../lib/index.js";
import { random } from "./runs.js";

@Schema("docs")
class Doc {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string | null;
  @Field("integer") declare rank: number;
}

@Schema("users")
class User {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare sees: string;
}

class All extends Migration {
  change() {
    return [create(metadata(Doc)), create(index(Doc, ["rank"])), create(metadata(User))];
  }
}

let repo: Repo;
let sync: Sync;
let tenant: Tenant;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "rights", migrations: [[1, All]] });
  sync = new Sync(repo);
  tenant = await Tenant.openEmpty(repo, "a");
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const commit = async (body: () => Promise<unknown>) =>
  (await repo.transactional(tenant, body, { returning: "version" })).version;
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const update = (id: string, values: Partial<Doc>) =>
  commit(async () => repo.update(change(await repo.getOrThrow(Doc, id), values as { rank: number })));
const top = (limit: number) => sync.all(from(Doc).orderBy("rank").limit(limit));

describe("a limit counts the rows that may be seen", () => {
  beforeEach(async () => {
    await repo.insertAll(
      Doc,
      Array.from({ length: 40 }, (_, i) => ({
        id: `d${String(i).padStart(2, "0")}`,
        owner: i % 2 === 0 ? "me" : "you",
        rank: i,
      })),
      { tenant },
    );
    await repo.insert(User, { id: "u", sees: "me" }, { tenant });
  });

  const watched = (): SubscribeOptions => ({
    authorize: {
      row: (doc, { rights }) => (doc as Doc).owner === (rights as User | null)?.sees,
      watch: sync.one(User, "u"),
    },
  });

  test("and is filled up from behind, when rows or rights leave; rows that stay keep their identity", async () => {
    const page = await sync.subscribe(tenant, { top: top(3) }, watched());
    expect(ids(page.value.top)).toEqual(["d00", "d02", "d04"]);
    const kept = page.value.top[0];
    let folded: readonly Doc[] = page.value.top;
    page.on("change", ({ changes }) => {
      folded = applyChanges(folded, changes.top ?? []);
    });
    await page.until(await update("d02", { owner: "you" }));
    expect(ids(page.value.top)).toEqual(["d00", "d04", "d06"]);
    expect(page.value.top[0]).toBe(kept);
    for (const id of ["d04", "d06", "d08", "d10", "d12"])
      await page.until(await update(id, { owner: "you" }));
    expect(ids(page.value.top)).toEqual(["d00", "d14", "d16"]);
    await page.until(
      await commit(async () => repo.update(change(await repo.getOrThrow(User, "u"), { sees: "you" }))),
    );
    expect(ids(page.value.top)).toEqual(["d01", "d02", "d03"]);
    expect(folded).toEqual(page.value.top);
    await page.until(await commit(async () => repo.delete(await repo.getOrThrow(User, "u"))));
    expect(page.value.top).toEqual([]);
  });

  test("after a resume too; other rights begin with a snapshot", async () => {
    const page = await sync.subscribe(tenant, { top: top(3) }, watched());
    const { cursor } = page;
    await page.close();
    await update("d00", { owner: "you" });
    const again = await sync.subscribe(tenant, { top: top(3) }, { ...watched(), resume: cursor });
    const { value: first } = await again[Symbol.asyncIterator]().next();
    expect(first).toMatchObject({
      type: "change",
      changes: {
        top: [
          { op: "delete", key: "d00" },
          { op: "insert", key: "d06" },
        ],
      },
    });
    await again.close();
    await commit(async () => repo.update(change(await repo.getOrThrow(User, "u"), { sees: "you" })));
    const other = await sync.subscribe(tenant, { top: top(3) }, { ...watched(), resume: cursor });
    expect((await other[Symbol.asyncIterator]().next()).value).toMatchObject({ reason: "rights-changed" });
  });

  test("with selected fields, on some changes, and with set and add", async () => {
    const page = await sync.subscribe(
      tenant,
      {
        ids: sync.all(from(Doc).orderBy("rank").limit(2).select("id")),
        held: sync.all(from(Doc).orderBy("rank").limit(2), { on: "collection" }),
      },
      watched(),
    );
    expect(page.value.ids).toEqual(["d00", "d02"]);
    expect(ids(page.value.held)).toEqual(["d00", "d02"]);
    await page.set("ids", sync.all(from(Doc).orderBy("rank").limit(4).select("id")));
    expect(page.value.ids).toEqual(["d00", "d02", "d04", "d06"]);
    const more = await page.add({ last: sync.all(from(Doc).orderBy({ rank: "desc" }).limit(1)) });
    expect(ids(more.value.last)).toEqual(["d38"]);
  });

  test.each([1, 2, 3])("whatever is written (history %i)", async (seed) => {
    const next = random(seed);
    const page = await sync.subscribe(tenant, { top: top(4) }, watched());
    let folded: readonly Doc[] = page.value.top;
    page.on("change", ({ changes }) => {
      folded = applyChanges(folded, changes.top ?? []);
    });
    for (let i = 0; i < 40; i++) {
      const id = `d${String(next(12)).padStart(2, "0")}`;
      const version = await commit(async () => {
        const row = await repo.get(Doc, id);
        if (next(6) === 0) {
          const user = await repo.getOrThrow(User, "u");
          await repo.update(change(user, { sees: user.sees === "me" ? "you" : "me" }));
        } else if (row === null) await repo.insert(Doc, { id, owner: "me", rank: next(20) });
        else if (next(3) === 0) await repo.delete(row);
        else await repo.update(change(row, { owner: next(2) === 0 ? "me" : "you", rank: next(20) }));
      });
      await page.until(version);
      const { sees } = await repo.getOrThrow(User, "u", { tenant });
      const fresh = await repo.all(
        from(Doc)
          .orderBy("rank")
          .limit(4)
          .filter((doc) => doc.owner === sees),
        { tenant },
      );
      expect(page.value.top).toEqual(fresh);
      expect(folded).toEqual(fresh);
    }
  });

  test("watches nothing more when it has ended", async () => {
    const page = await sync.subscribe(tenant, { top: top(3) }, watched());
    await page.until(
      await commit(async () => repo.update(change(await repo.getOrThrow(User, "u"), { sees: "you" }))),
    );
    expect(sync.inspect().queries.length).toBe(3);
    await page.close();
    expect(sync.inspect()).toMatchObject({ watches: 0, queries: [], feeds: [] });
  });
});

test.each([
  ["rights", { authorize: { row: () => true, deps: [] } }],
  ["nobody's rights", {}],
])(
  "a row that left and came back in one commit is a delete and an insert under %s, everywhere",
  async (_, options) => {
    const row = await repo.insert(Doc, { id: "a", owner: "me", rank: 1 }, { tenant });
    const labels = {
      all: sync.all(Doc),
      top: top(2),
      one: sync.one(Doc, "a"),
      many: sync.many(Doc, ["a"]),
      each: sync.each(sync.all(from(Doc).select("id")), (id) => sync.one(Doc, id)),
      some: sync.all(from(Doc).where({ rank: { gte: 0 } }), { on: "collection" }),
    } as Record<string, Live<unknown, unknown>>;
    const page = await sync.subscribe(tenant, labels, options);
    const { cursor } = page;
    const reader = page[Symbol.asyncIterator]();
    await reader.next();
    const version = await commit(async () => {
      await repo.delete(row);
      await repo.insert(Doc, { id: "a", owner: "new", rank: 2 });
    });
    await page.until(version);
    const ops = (t: Transition<typeof labels> | undefined) =>
      Object.fromEntries(
        Object.entries((t as { changes: object }).changes).map(([label, some]) => [
          label,
          some.map(({ op }: { op: string }) => op),
        ]),
      );
    const expected = Object.fromEntries(Object.keys(labels).map((label) => [label, ["delete", "insert"]]));
    expect(ops((await reader.next()).value)).toEqual(expected);
    await page.close();
    const again = await sync.subscribe(tenant, labels, { ...options, resume: cursor });
    expect(ops((await again[Symbol.asyncIterator]().next()).value)).toEqual(expected);
  },
);

test("places of each without an id are left out: from the beginning, as they come and go, and after a resume", async () => {
  for (const id of ["me", "you"]) await repo.insert(User, { id, sees: id }, { tenant });
  await repo.insert(Doc, { id: "a", owner: "me", rank: 1 }, { tenant });
  await repo.insert(Doc, { id: "b", owner: null, rank: 2 }, { tenant });
  const asked: unknown[] = [];
  const make = (owner: string) => {
    asked.push(owner);
    return sync.one(User, owner);
  };
  const owners = { users: sync.each(sync.all(from(Doc).orderBy("rank").select("owner")), make) };
  const page = await sync.subscribe(tenant, owners);
  const shown = () => ids(page.value.users as User[]);
  expect(shown()).toEqual(["me"]);
  await page.until(await update("a", { owner: null }));
  expect(shown()).toEqual([]);
  const { cursor } = page;
  await page.until(await update("b", { owner: "you" }));
  await page.until(await update("a", { owner: "you" }));
  expect(shown()).toEqual(["you", "you"]);
  const again = await sync.subscribe(tenant, owners, { resume: cursor });
  expect((await again[Symbol.asyncIterator]().next()).value).toMatchObject({
    type: "change",
    changes: { users: [{ op: "insert" }, { op: "insert" }] },
  });
  expect(asked).not.toContain(null);
});

describe("one change that waits is no overflow", () => {
  test.each(["conflate", "reset", "close"] as const)(
    "however large it or its lists are: %s",
    async (onOverflow) => {
      const delivery = { onOverflow, budget: { transitions: 64, bytes: 2_000 } };
      const page = await sync.subscribe(tenant, { docs: sync.all(Doc) }, { delivery });
      const reader = page[Symbol.asyncIterator]();
      await reader.next();
      for (let round = 0; round < 3; round++) {
        const rows = Array.from({ length: 60 }, (_, i) => ({ id: `r${round}-${i}`, owner: null, rank: i }));
        await page.until(await commit(() => repo.insertAll(Doc, rows)));
        const { value } = await reader.next();
        expect(value).toMatchObject({ type: "change" });
        expect((value as unknown as { changes: { docs: unknown[] } }).changes.docs).toHaveLength(60);
      }
      expect(page.state).toBe("live");
    },
  );

  test("two that are larger than the budget together are", async () => {
    const delivery = { onOverflow: "close", budget: { bytes: 2_000 } } as const;
    const page = await sync.subscribe(tenant, { docs: sync.all(Doc) }, { delivery });
    const reader = page[Symbol.asyncIterator]();
    await reader.next();
    for (let round = 0; round < 2; round++) {
      const rows = Array.from({ length: 60 }, (_, i) => ({ id: `r${round}-${i}`, owner: null, rank: i }));
      await page.until(await commit(() => repo.insertAll(Doc, rows)));
    }
    await reader.next();
    await reader.next();
    await expect(reader.next()).rejects.toThrow(/budget/);
  });
});
