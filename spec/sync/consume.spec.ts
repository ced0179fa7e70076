import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { transact } from "../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  InvalidCursorError,
  index,
  MetadataRequiredError,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { internals } from "../../lib/repo/index.js";
import { consumerKey } from "../../lib/sync/consumer/consumer-state.js";
import { random } from "./runs.js";

@Schema("posts")
class Post {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string | null;
  @Field("string") declare text: string | null;
}

@Schema("effects")
class Effect {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare count: number;
}

class Posts extends Migration {
  change() {
    return [create(metadata(Post)), create(index(Post, ["owner"]))];
  }
}

let repo: Repo;
let tenant: Tenant;
let sync: Sync;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "spec", migrations: [[1, Posts]] });
  tenant = await Tenant.openEmpty(repo, "consume");
  sync = new Sync(repo);
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const insert = (id: string, owner = "x") => repo.insert(Post, { id, owner }, { tenant });
const seed = Number(process.env.PLINTH_SEED ?? 5);
const total = Number(process.env.PLINTH_RUNS ?? 150);

/** Counts an effect by one, in the consumer's own transaction. */
async function count(tx: Repo, id: string): Promise<void> {
  const known = await tx.get(Effect, id);
  if (known === null) await tx.insert(Effect, { id, count: 1 });
  else await tx.update(change(known, { count: known.count + 1 }));
}

/** Runs a consumer until the effect `id` stands at `wanted`. */
async function until(id: string, wanted: number): Promise<void> {
  for (;;) {
    const effect = await repo.get(Effect, id, { tenant });
    if ((effect?.count ?? 0) >= wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

describe("a consumer", () => {
  test("is told what exists, then every change of every commit, in order", async () => {
    await insert("a");
    const stop = new AbortController();
    const told: string[] = [];
    const done = sync.consume(
      tenant,
      "indexer",
      { posts: sync.all(Post), mine: sync.allBy(Post, { owner: "y" }) },
      async (batch, tx) => {
        for (const c of batch.changes.posts) told.push(`${batch.reason} ${c.op} ${String(c.key)}`);
        for (const c of batch.changes.mine) told.push(`mine ${c.op} ${String(c.key)}`);
        await count(tx, "batches");
      },
      { signal: stop.signal },
    );
    await until("batches", 1);
    await repo.transactional(tenant, async () => {
      const a = await repo.getOrThrow(Post, "a");
      await repo.update(change(a, { owner: "y" }));
      await repo.insert(Post, { id: "b", owner: "x" });
    });
    await until("batches", 2);
    await repo.transactional(tenant, async () => repo.delete(await repo.getOrThrow(Post, "a")));
    await until("batches", 3);
    stop.abort();
    await done;
    expect(told).toEqual([
      "initial insert a",
      "change update a",
      "change insert b",
      "mine insert a",
      "change delete a",
      "mine delete a",
    ]);
  });

  /** What a consumer is told of `write`, in one batch. */
  async function toldOf(write: () => Promise<unknown>) {
    const queries = { posts: sync.all(Post), mine: sync.allBy(Post, { owner: "y" }), texts: sync.all(texts) };
    const stop = new AbortController();
    const consume = (handler: Parameters<typeof sync.consume<typeof queries>>[3]) =>
      sync.consume(tenant, "teller", queries, handler, { signal: stop.signal, start: "now" });
    const begun = consume(() => undefined);
    const position = consumerKey(tenant, "teller");
    const engine = await internals(repo).engine();
    while ((await transact(engine, (tx) => tx.get(position))) === undefined);
    stop.abort();
    await begun;
    await write();
    const ended = new AbortController();
    const told: { [label: string]: object[] } = { posts: [], mine: [], texts: [] };
    await sync.consume(
      tenant,
      "teller",
      queries,
      ({ changes }) => {
        for (const [label, some] of Object.entries(changes)) told[label]!.push(...some);
        ended.abort();
      },
      { signal: ended.signal },
    );
    return JSON.parse(JSON.stringify(told)) as typeof told;
  }
  const texts = from(Post).select(["id", "text"]);

  test("is told whole rows, before and after each change", async () => {
    await repo.insert(Post, { id: "a", owner: "x", text: "one" }, { tenant });
    const told = await toldOf(async () => {
      const a = await repo.getOrThrow(Post, "a", { tenant });
      const moved = await repo.update(change(a, { owner: "y" }));
      await repo.delete(await repo.update(change(moved, { text: "two" })));
    });
    const [one, moved, two] = [
      { id: "a", owner: "x", text: "one" },
      { id: "a", owner: "y", text: "one" },
      { id: "a", owner: "y", text: "two" },
    ];
    expect(told).toEqual({
      posts: [
        { op: "update", key: "a", before: one, row: moved, changed: ["owner"] },
        { op: "update", key: "a", before: moved, row: two, changed: ["text"] },
        { op: "delete", key: "a", before: two },
      ],
      mine: [
        { op: "insert", key: "a", row: moved },
        { op: "update", key: "a", before: moved, row: two, changed: ["text"] },
        { op: "delete", key: "a", before: two },
      ],
      // Nothing is told of a change that the selected fields do not show.
      texts: [
        {
          op: "update",
          key: "a",
          before: { id: "a", text: "one" },
          row: { id: "a", text: "two" },
          changed: ["text"],
        },
        { op: "delete", key: "a", before: { id: "a", text: "two" } },
      ],
    });
  });

  test("is told every change of rows that are too large for the log, and what is not known of them", async () => {
    const text = "t".repeat(3_000);
    await repo.insert(Post, { id: "a", owner: "y", text }, { tenant });
    const told = await toldOf(async () => {
      const b = await repo.insert(Post, { id: "b", owner: "y", text }, { tenant });
      await repo.delete(await repo.update(change(b, { owner: "x" })));
      const a = await repo.getOrThrow(Post, "a", { tenant });
      await repo.update(change(a, { owner: "x" }));
    });
    const b = { id: "b", owner: "y", text: null };
    const a = { id: "a", owner: "y", text };
    expect(told).toEqual({
      posts: [
        { op: "insert", key: "b", row: b, unknown: ["text"] },
        {
          op: "update",
          key: "b",
          before: b,
          row: { ...b, owner: "x" },
          changed: ["owner"],
          unknown: ["text"],
        },
        { op: "delete", key: "b", before: { ...b, owner: "x" }, unknown: ["text"] },
        { op: "update", key: "a", before: a, row: { ...a, owner: "x" }, changed: ["owner"] },
      ],
      mine: [
        { op: "insert", key: "b", row: b, unknown: ["text"] },
        { op: "delete", key: "b", before: b, unknown: ["text"] },
        { op: "delete", key: "a", before: a },
      ],
      texts: [
        { op: "insert", key: "b", row: { id: "b", text: null }, unknown: ["text"] },
        { op: "delete", key: "b", before: { id: "b", text: null }, unknown: ["text"] },
      ],
    });
  });

  test("is told each change of a row that is too large for the log, also when it is gone by then", async () => {
    const told: unknown[] = [];
    const run = (signal: AbortSignal) =>
      sync.consume(
        tenant,
        "large",
        { mine: sync.allBy(Post, { owner: "y" }) },
        async (batch, tx) => {
          for (const c of batch.changes.mine) {
            // Fields that indexes use are told as the commit left them.
            if (c.op !== "delete") expect(c.row).toMatchObject({ id: "a", owner: "y" });
            told.push(`${c.op} ${String(c.key)}`);
          }
          await count(tx, "batches");
        },
        { signal, start: "now" },
      );
    const first = new AbortController();
    const started = run(first.signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
    first.abort();
    await started;
    const text = "t".repeat(3_000);
    const a = await repo.insert(Post, { id: "a", owner: "y", text }, { tenant });
    const other = await repo.update(change(a, { owner: "x" }));
    const back = await repo.update(change(other, { owner: "y" }));
    await repo.delete(await repo.update(change(back, { text: `${text}!` })));
    const second = new AbortController();
    const done = run(second.signal);
    await until("batches", 1);
    second.abort();
    await done;
    expect(told).toEqual(["insert a", "delete a", "insert a", "update a", "delete a"]);
  });

  test("counts every commit once through crashes, retries and changes of hands", async () => {
    const next = random(seed);
    let crashes = 0;
    const work = async (signal: AbortSignal) => {
      while (!signal.aborted) {
        try {
          await sync.consume(
            tenant,
            "counter",
            { posts: sync.all(Post) },
            async (batch, tx) => {
              for (const c of batch.changes.posts) await count(tx, `of ${String(c.key)}`);
              for (const _ of batch.changes.posts) await count(tx, "all");
              if (next(4) === 0) throw new Error("crash");
            },
            { signal, start: "now", leaseMs: 60 },
          );
        } catch (error) {
          if ((error as Error).message !== "crash") throw error;
          crashes++;
        }
      }
    };
    const stop = new AbortController();
    const workers = [work(stop.signal), work(stop.signal), work(stop.signal)];
    await new Promise((resolve) => setTimeout(resolve, 30));
    const wanted = new Map<string, number>();
    for (let i = 0; i < total; i++) {
      const id = `p${next(8)}`;
      await repo.transactional(tenant, async () => {
        const known = await repo.get(Post, id);
        if (known === null) await repo.insert(Post, { id, text: `${i}` });
        else await repo.update(change(known, { text: `${i}` }));
      });
      wanted.set(id, (wanted.get(id) ?? 0) + 1);
    }
    await until("all", total);
    stop.abort();
    await Promise.all(workers);
    for (const [id, commits] of wanted) {
      expect([id, (await repo.getOrThrow(Effect, `of ${id}`, { tenant })).count]).toEqual([id, commits]);
    }
    expect((await repo.getOrThrow(Effect, "all", { tenant })).count).toBe(total);
    expect(crashes).toBeGreaterThan(0);
  });

  test("a name has one owner at a time; another takes over when it stops", async () => {
    const first = new AbortController();
    const second = new AbortController();
    const told: string[] = [];
    const run = (who: string, signal: AbortSignal) =>
      sync.consume(
        tenant,
        "one",
        { posts: sync.all(Post) },
        async (_, tx) => {
          told.push(who);
          await count(tx, "batches");
        },
        { signal, start: "now" },
      );
    const a = run("first", first.signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const b = run("second", second.signal);
    await insert("a");
    await until("batches", 1);
    first.abort();
    await a;
    await insert("b");
    await until("batches", 2);
    second.abort();
    await b;
    expect(told).toEqual(["first", "second"]);
  });

  test("what the handler throws ends it, and nothing of the batch counts", async () => {
    await insert("a");
    const failing = sync.consume(tenant, "bad", { posts: sync.all(Post) }, async (_, tx) => {
      await count(tx, "effects");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await repo.get(Effect, "effects", { tenant })).toBeNull();
  });
});

describe("a consumer is refused", () => {
  const consume = (queries: Parameters<Sync["consume"]>[2], name = "c") =>
    sync.consume(tenant, name, queries, () => undefined, { signal: AbortSignal.timeout(50) });

  test("for what does not follow from single rows, or has no log", async () => {
    await expect(consume({ n: sync.count(Post) })).rejects.toThrow(UnsupportedQueryError);
    await expect(consume({ top: sync.all(from(Post).limit(3)) })).rejects.toThrow(UnsupportedQueryError);
    await expect(consume({ e: sync.one(Effect, "a") })).rejects.toThrow(MetadataRequiredError);
    await expect(consume({ p: sync.all(from(Post).where({ text: "x" }).scan()) })).rejects.toThrow(
      /create\(index/,
    );
  });

  test("for options that mean nothing, before it does anything", async () => {
    const handler = () => undefined;
    const consume = (options: object) =>
      sync.consume(tenant, "o", { posts: sync.all(Post) }, handler, options);
    for (const leaseMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1000"])
      await expect(consume({ leaseMs })).rejects.toThrow(RangeError);
    await expect(consume({ start: "later" })).rejects.toThrow(/"snapshot".*"now".*"later"/);
    const engine = await internals(repo).engine();
    expect(await transact(engine, (tx) => tx.get(consumerKey(tenant, "o")))).toBeUndefined();
  });

  test("for a name that stands for other queries", async () => {
    await consume({ posts: sync.all(Post) });
    await expect(consume({ posts: sync.allBy(Post, { owner: "x" }) })).rejects.toThrow(InvalidCursorError);
    await consume({ posts: sync.all(Post) });
  });
});
