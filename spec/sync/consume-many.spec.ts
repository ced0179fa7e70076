import { afterEach, beforeEach, expect, test } from "@jest/globals";
import {
  type Batch,
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  openEngine,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { random } from "./runs.js";

@Schema("posts")
class Post {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare owner: string;
  @Field("integer") declare version: number;
}

/** What the consumer was told of a row. */
@Schema("copies")
class Copy {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare row: string;
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
  tenant = await Tenant.openEmpty(repo, "many");
  sync = new Sync(repo);
});
afterEach(async () => {
  await sync.close();
  await repo.close();
});

const queriesOf = (at: Sync) => ({
  posts: at.all(Post),
  mine: at.allBy(from(Post), { owner: "me" }),
  some: at.many(Post, [3, 1_500, 9_999]),
});
type Queries = ReturnType<typeof queriesOf>;

const text = ({ id, owner, version }: Post) => JSON.stringify([id, owner, version]);

/** Keeps copies of the rows of each label; throws when a change does not follow from what was told before. */
async function copy(batch: Batch<Queries>, tx: Repo): Promise<void> {
  for (const [label, changes] of Object.entries(batch.changes)) {
    for (const told of changes) {
      const known = await tx.get(Copy, `${label}:${String(told.key)}`);
      const id = `${label}:${String(told.key)}`;
      if ((known === null) !== (told.op === "insert")) throw new Error(`${told.op} of ${id}, ${known?.row}`);
      if (told.op !== "insert" && known?.row !== text(told.before))
        throw new Error(`${id} was ${known?.row}`);
      if (told.op === "delete") await tx.delete(known!);
      else if (told.op === "insert") await tx.insert(Copy, { id, row: text(told.row) });
      else await tx.update(change(known!, { row: text(told.row) }));
    }
  }
}

async function write(next: (below: number) => number): Promise<void> {
  const id = next(3_000);
  await repo.transactional(tenant, async () => {
    const known = await repo.get(Post, id);
    const owner = next(3) === 0 ? "me" : "you";
    if (known === null) await repo.insert(Post, { id, owner, version: 0 });
    else if (next(3) === 0) await repo.delete(known);
    else await repo.update(change(known, { owner, version: known.version + 1 }));
  });
}

async function insertMany(count: number): Promise<void> {
  const rows = Array.from({ length: count }, (_, id) => ({ id, owner: id % 3 ? "you" : "me", version: 0 }));
  for (let i = 0; i < rows.length; i += 500) await repo.insertAll(Post, rows.slice(i, i + 500), { tenant });
}

test("rows that exist come in several batches where they are many, and what happens to them meanwhile is told once", async () => {
  await insertMany(3_000);
  const next = random(Number(process.env.PLINTH_SEED ?? 1));
  const reasons: string[] = [];
  let version = 0n;
  let calls = 0;
  let crashes = 0;
  const stop = new AbortController();
  const consume = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const crash = new Error("crash");
      try {
        await sync.consume(
          tenant,
          "copies",
          queriesOf(sync),
          async (batch, tx) => {
            await copy(batch, tx);
            if (++calls % 3 === 0) throw crash;
            tx.afterCommit(() => {
              version = batch.version;
              reasons.push(batch.reason);
            });
          },
          { signal: stop.signal },
        );
      } catch (error) {
        if (error !== crash) throw error;
        crashes++;
      }
    }
  };
  const consuming = consume();
  let last = 0n;
  try {
    for (let i = 0; i < 300; i++) {
      await Promise.race([write(next), consuming]);
      if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const end = await repo.transactional(
      tenant,
      () => repo.insert(Post, { id: 9_999, owner: "me", version: 0 }),
      {
        returning: "version",
      },
    );
    last = end.version;
    // The rows of the last label come last.
    const toldAll = async () => version >= last && (await repo.get(Copy, "some:9999", { tenant })) !== null;
    while (!(await toldAll()))
      await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), consuming]);
  } finally {
    stop.abort();
    await consuming;
  }
  const posts = await repo.all(Post, { tenant });
  const copies = await repo.all(Copy, { tenant });
  const of = (label: string) =>
    copies
      .filter(({ id }) => id.startsWith(`${label}:`))
      .map(({ row }) => row)
      .sort();
  expect(of("posts")).toEqual(posts.map(text).sort());
  expect(of("mine")).toEqual(
    posts
      .filter(({ owner }) => owner === "me")
      .map(text)
      .sort(),
  );
  expect(of("some")).toEqual(
    posts
      .filter(({ id }) => [3, 1_500, 9_999].includes(id))
      .map(text)
      .sort(),
  );
  expect(reasons.filter((reason) => reason !== "change")).toEqual(["initial"]);
  expect(reasons.length).toBeGreaterThan(4);
  expect(crashes).toBeGreaterThan(0);
});

/** Writes one commit for each count, of so many rows; gives the versions. */
async function writeAll(counts: readonly number[]): Promise<bigint[]> {
  const versions: bigint[] = [];
  let id = 0;
  for (const count of counts) {
    const rows = Array.from({ length: count }, () => ({ id: id++, owner: "you", version: 0 }));
    const outcome = await repo.transactional(tenant, () => repo.insertAll(Post, rows), {
      returning: "version",
    });
    versions.push(outcome.version);
  }
  return versions;
}

/** Has a consumer process commits of so many rows; gives what its batches held. */
async function consumed(counts: readonly number[], handler: (batch: Batch<Queries>, tx: Repo) => unknown) {
  const begin = new AbortController();
  const started = sync.consume(tenant, "c", queriesOf(sync), () => undefined, { signal: begin.signal });
  await new Promise((resolve) => setTimeout(resolve, 20));
  begin.abort();
  await started;
  const versions = await writeAll(counts);
  const stop = new AbortController();
  const batches: number[] = [];
  const upTo: { readonly commits: number; readonly version: bigint }[] = [];
  let commits = 0;
  await sync.consume(
    tenant,
    "c",
    queriesOf(sync),
    async (batch, tx) => {
      await handler(batch, tx);
      tx.afterCommit(() => {
        batches.push(batch.changes.posts.length);
        commits += batch.commits;
        upTo.push({ commits, version: batch.version });
        if (commits === versions.length) stop.abort();
      });
    },
    { signal: stop.signal },
  );
  for (const told of upTo)
    expect(versions.filter((version) => version <= told.version)).toHaveLength(told.commits);
  return batches;
}

test("a commit that is larger than a batch comes whole, and alone", async () => {
  const batches = await consumed([5, 400, ...Array.from({ length: 60 }, () => 10)], () => undefined);
  expect(batches).toEqual([5, 400, 250, 250, 100]);
});

test("a batch whose effects are too large for a transaction comes in smaller ones", async () => {
  const large = "x".repeat(60_000);
  const batches = await consumed(
    Array.from({ length: 60 }, () => 10),
    async (batch, tx) => {
      for (const { key } of batch.changes.posts) await tx.insert(Copy, { id: `${String(key)}`, row: large });
    },
  );
  expect(batches.reduce((a, b) => a + b)).toBe(600);
  expect(Math.max(...batches)).toBeLessThan(166);
  let copies = 0;
  // 36 MB: in one transaction a slow machine would not have them in its five seconds.
  for await (const _copy of repo.stream(from(Copy), { tenant, batch: 50 })) copies++;
  expect(copies).toBe(600);
});

test("rows that a handler cannot process in the five seconds of a transaction come in smaller batches", async () => {
  let lateMicroseconds = 0;
  const engine = await openEngine("memory:", {
    clock: () => Math.floor(performance.now() * 1_000) + lateMicroseconds,
  });
  const slow = new Repo({ engine, storageId: "spec", migrations: [[1, Posts]] });
  const live = new Sync(slow);
  const at = await Tenant.openEmpty(slow, "slow");
  const rows = Array.from({ length: 600 }, (_, id) => ({ id, owner: "me", version: 0 }));
  await slow.insertAll(Post, rows, { tenant: at });
  const stop = new AbortController();
  const largest: number[] = [];
  await live.consume(
    at,
    "slow",
    { posts: live.all(Post) },
    async ({ changes }, tx) => {
      for (const { key } of changes.posts) {
        await tx.insert(Copy, { id: String(key), row: "" });
        lateMicroseconds += 40_000;
      }
      tx.afterCommit(async () => {
        largest.push(changes.posts.length);
        if (largest.reduce((a, b) => a + b) === rows.length) stop.abort();
      });
    },
    { signal: stop.signal },
  );
  expect(Math.max(...largest)).toBeLessThan(125);
  expect(await slow.all(Copy, { tenant: at })).toHaveLength(rows.length);
  await live.close();
  await slow.close();
  await engine.close();
});
