import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  CommitUnknownError,
  change,
  create,
  drop,
  Field,
  from,
  InvalidCursorError,
  index,
  KeyTooLargeError,
  MetadataRequiredError,
  Migration,
  Migrator,
  metadata,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  SubscriptionClosedError,
  SubscriptionOverflowError,
  Sync,
  Tenant,
  TenantGoneError,
  TransactionConflictError,
  TransactionTimeoutError,
  TransactionTooLargeError,
  TransactionTooOldError,
  type Transition,
  ValueTooLargeError,
} from "plinth";
import { type Engine, EngineError, openEngine } from "plinth/engine";
import { withFaults } from "plinth/testing";
import { contents, failing, sleep } from "./support.js";

/** What goes wrong is an error or an event, with a cause of its own; it is never an answer that looks right. */

@Schema("posts")
class Post {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare author: string | null;
  @Field("integer") declare score: number | null;
  @Field("binary") declare body: Uint8Array | null;
}

class Posts extends Migration {
  change() {
    return [
      create(metadata(Post)),
      create(index(Post, ["author"])),
      create(index(Post, ["score"], { include: ["body"] })),
    ];
  }
}
class NoLog extends Migration {
  change() {
    return [drop(metadata(Post))];
  }
}

let engine: Engine;
let repo: Repo;
let tenant: Tenant;
beforeEach(async () => {
  engine = await openEngine("memory:");
  repo = new Repo({ engine, storageId: "silent", migrations: [[1, Posts]] });
  tenant = await Tenant.openOrCreate(repo, "t");
});
afterEach(async () => {
  await repo.close();
  await engine.close();
});

describe("limits of the store", () => {
  test("are errors with a class each, and change nothing", async () => {
    const long = "x".repeat(20_000);
    const before = await contents(engine);
    const cases: readonly (readonly [() => Promise<unknown>, new (...given: never[]) => Error])[] = [
      [() => repo.insert(Post, { id: long }, { tenant }), KeyTooLargeError],
      [() => repo.insert(Post, { id: "a", author: long }, { tenant }), KeyTooLargeError],
      [
        () => repo.insert(Post, { id: "a", score: 1, body: new Uint8Array(150_000) }, { tenant }),
        ValueTooLargeError,
      ],
      [
        () =>
          repo.insertAll(
            Post,
            Array.from({ length: 150 }, (_, i) => ({ id: `p${i}`, score: i, body: new Uint8Array(80_000) })),
            { tenant },
          ),
        TransactionTooLargeError,
      ],
    ];
    for (const [run, cause] of cases) {
      const error = (await run().catch((thrown) => thrown)) as PlinthError;
      expect(error).toBeInstanceOf(cause);
      expect(error).toBeInstanceOf(PlinthError);
      expect(error.code).toMatch(/^[a-z_]+$/);
      expect(error.cause).toBeInstanceOf(EngineError);
      expect(await contents(engine)).toEqual(before);
    }
    // The same through a transaction that catches nothing, and one that catches everything.
    await expect(
      repo.transactional(tenant, async () => {
        await repo.insert(Post, { id: "ok" });
        await repo.insert(Post, { id: "a", author: long }).catch(() => undefined);
      }),
    ).rejects.toThrow(KeyTooLargeError);
    expect(await contents(engine)).toEqual(before);
  });

  test("of an attempt carry the history of the attempts", async () => {
    const causes = [
      [1020, TransactionConflictError],
      [1021, CommitUnknownError],
      [1007, TransactionTooOldError],
      [1031, TransactionTimeoutError],
    ] as const;
    for (const [code, cause] of causes) {
      const unlucky = new Repo({
        engine: failing(engine, (call) => (call === "commit" ? { code } : undefined)),
        storageId: "silent",
      });
      const run = unlucky.insert(Post, { id: `c${code}` }, { tenant });
      const limited = unlucky.transactional(tenant, () => unlucky.insert(Post, { id: `c${code}` }), {
        retryLimit: 3,
        maxRetryDelayMs: 1,
      });
      run.catch(() => undefined);
      const error = (await limited.catch((thrown) => thrown)) as PlinthError;
      expect(error).toBeInstanceOf(cause);
      const attempts = (error.cause as EngineError).attempts;
      expect(attempts.map((attempt) => attempt.code)).toEqual(Array(code === 1031 ? 1 : 4).fill(code));
      if (code === 1031) await expect(run).rejects.toThrow(cause);
      await unlucky.close();
    }
  });
});

async function until<T>(subscription: AsyncIterable<T>, found: (transition: T) => boolean): Promise<T> {
  for await (const transition of subscription) if (found(transition)) return transition;
  throw new Error("It ended.");
}

describe("a subscription", () => {
  test("that cannot be kept exact is refused, with what it needs", async () => {
    @Schema("bare")
    class Bare {
      @PrimaryKey("string") declare id: string;
      @Field("string") declare name: string | null;
    }
    const sync = new Sync(repo);
    for (const live of [
      sync.all(Bare),
      sync.count(Bare),
      sync.signal(Bare),
      sync.allBy(Bare, { name: "x" }),
    ]) {
      await expect(sync.subscribe(tenant, { live })).rejects.toThrow(/create\(metadata\(Bare\)\)/);
    }
    for (const query of [
      () => sync.all(from(Post).preload("nothing" as never)),
      () => sync.all(from(Post).where({ author: undefined as never })),
      () => sync.all(from(Post).distinct("author")),
      () => sync.all(Post, { on: "sometimes" as never }),
      () => sync.all(from(Post).after("x" as never)),
    ]) {
      await expect((async () => sync.subscribe(tenant, { live: query() }))()).rejects.toThrow();
    }
    await expect(sync.subscribe(tenant, { live: sync.all(Post) }, { resume: "x" })).rejects.toThrow(
      InvalidCursorError,
    );
    await sync.close();
    await expect(sync.subscribe(tenant, { live: sync.all(Post) })).rejects.toThrow(SubscriptionClosedError);
  });

  test("whose log or tenant goes away ends with the reason", async () => {
    // What changes no key that is watched is noticed at the next heartbeat.
    const sync = new Sync(repo, { heartbeatMs: 50 });
    const other = new Repo({ engine, storageId: "silent" });
    const list = await sync.subscribe(tenant, { list: sync.all(Post) });
    const ended = new Promise((resolve) => list.on("error", resolve));
    const same = await Tenant.open(other, "t");
    await Migrator.up(other, same, [
      [1, Posts],
      [2, NoLog],
    ]);
    expect(await ended).toBeInstanceOf(MetadataRequiredError);
    expect(list.state).toBe("closed");
    await expect(until(list, () => false)).rejects.toThrow();

    const one = await sync.subscribe(tenant, { one: sync.one(Post, "p") });
    const gone = new Promise((resolve) => one.on("error", resolve));
    await Tenant.clearAndDelete(other, "t");
    expect(await gone).toBeInstanceOf(TenantGoneError);
    await expect(sync.subscribe(tenant, { one: sync.one(Post, "p") })).rejects.toThrow(TenantGoneError);
    await sync.close();
  });

  test("whose reader falls behind says so", async () => {
    const sync = new Sync(repo);
    const queries = { list: sync.all(Post) };
    const budget = { transitions: 2 };
    const conflating = await sync.subscribe(tenant, queries, {
      delivery: { onOverflow: "conflate", budget },
    });
    const resetting = await sync.subscribe(tenant, queries, { delivery: { onOverflow: "reset", budget } });
    const closing = await sync.subscribe(tenant, queries, { delivery: { onOverflow: "close", budget } });
    const readers = [conflating, resetting, closing].map((one) => one[Symbol.asyncIterator]());
    for (const reader of readers) expect((await reader.next()).value?.type).toBe("snapshot");
    for (let i = 0; i < 8; i++) {
      const { version } = await repo.transactional(tenant, () => repo.insert(Post, { id: `p${i}` }), {
        returning: "version",
      });
      await conflating.until(version);
    }
    const conflated = (await readers[0]!.next()).value as Extract<
      Transition<typeof queries>,
      { type: "change" }
    >;
    expect([conflated.type, conflated.changes.list?.length, conflated.commits]).toEqual(["change", 8, 8]);
    expect((await readers[1]!.next()).value).toMatchObject({ type: "snapshot", reason: "overflow" });
    await expect(
      (async () => {
        for (;;) if ((await readers[2]!.next()).done) return;
      })(),
    ).rejects.toThrow(SubscriptionOverflowError);
    await sync.close();
  });

  test("whose cursor cannot be resumed begins with a snapshot that says why", async () => {
    const sync = new Sync(repo);
    const queries = { list: sync.all(Post) };
    const first = async (live: Record<string, ReturnType<typeof sync.all>>, resume: string) => {
      const page = await sync.subscribe(tenant, live, { resume });
      const { value } = await page[Symbol.asyncIterator]().next();
      await page.close();
      return value as { type: string; reason?: string };
    };
    const page = await sync.subscribe(tenant, queries);
    const { cursor } = page;
    await page.close();
    await repo.insert(Post, { id: "missed" }, { tenant });
    expect(await first(queries, cursor)).toMatchObject({ type: "change" });
    expect(await first({ list: sync.all(from(Post).limit(1)) as never }, cursor)).toMatchObject({
      type: "snapshot",
      reason: "params-changed",
    });
    await Tenant.clear(repo, "t");
    expect(await first(queries, cursor)).toMatchObject({ type: "snapshot", reason: "cursor-expired" });
    await sync.close();
  });

  test("whose watches fail goes on, and tells its state while it is polling", async () => {
    const faulty = withFaults(engine, { seed: 5, watchError: 1 });
    const own = new Repo({ engine: faulty, storageId: "silent", migrations: [[1, Posts]] });
    const same = await Tenant.open(own, "t");
    const sync = new Sync(own);
    const page = await sync.subscribe(same, { list: sync.all(Post), one: sync.one(Post, "p3") });
    for (let i = 0; i < 6; i++) {
      await repo.insert(Post, { id: `p${i}` }, { tenant });
      await sleep(3);
    }
    const end = Date.now() + 5_000;
    while (page.value.list.length < 6 && Date.now() < end) await sleep(10);
    expect(page.value.list).toHaveLength(6);
    expect(page.value.one?.id).toBe("p3");
    expect(faulty.faults.watchErrors).toBeGreaterThan(0);
    await sync.close();
    await own.close();
  });
});

test("calls that come too late are refused: after the transaction, the subscription, the Repo", async () => {
  const sync = new Sync(repo);
  const page = await sync.subscribe(tenant, { list: sync.all(Post) });
  await page.close();
  await page.close();
  for (const late of [
    () => page.add({ more: sync.all(Post) }),
    () => page.set("list", sync.all(Post)),
    () => page.resume(),
    () => page.until(1n),
  ]) {
    await expect(late()).rejects.toThrow(PlinthError);
  }
  let escaped: Repo | undefined;
  const row = await repo.transactional(tenant, async (tx) => {
    escaped = tx;
    return tx.insert(Post, { id: "a" });
  });
  for (const late of [
    () => escaped!.get(Post, "a"),
    () => escaped!.insert(Post, { id: "b" }),
    () => escaped!.update(change(row, { score: 1 })),
    () => escaped!.all(Post),
    () => escaped!.transactional(tenant, async () => 1),
  ]) {
    await expect(late()).rejects.toThrow(PlinthError);
  }
  await repo.close();
  for (const late of [
    () => repo.get(Post, "a", { tenant }),
    () => repo.transactional(tenant, async () => 1),
    () => Tenant.open(repo, "t"),
    () => sync.subscribe(tenant, { list: sync.all(Post) }),
  ]) {
    await expect(late()).rejects.toThrow(PlinthError);
  }
});
