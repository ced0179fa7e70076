import { executionAsyncResource } from "node:async_hooks";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Engine, EngineError, openEngine, type Transaction } from "../../lib/engine/index.js";
import {
  CommitUnknownError,
  change,
  from,
  IncorrectTenancyError,
  InvalidChangesetError,
  InvalidOptionsError,
  Multi,
  NotInTransactionError,
  Repo,
  RepoClosedError,
  Tenant,
  TransactionConflictError,
  TransactionEndedError,
  TransactionTimeoutError,
  Versionstamp,
  VersionstampPendingError,
} from "../../lib/index.js";
import { Job, Note, openShop, Product, Session, Shop } from "./shop.js";

let repo: Repo;
let tenant: Tenant;
let engine: Engine;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
  engine = await repo.engine();
});
afterAll(() => repo.close());

const note = (id: string, text = "") => repo.insert(Note, { id, text });
const textOf = async (id: string) => (await repo.get(Note, id, { tenant }))?.text;

/** An engine whose commits fail as `fail` says, before or after they happened. */
function failingCommits(fail: (commit: number) => { code: number; after: boolean } | undefined): Engine {
  let commits = 0;
  const wrap = (tx: Transaction): Transaction =>
    new Proxy(tx, {
      get(target, name) {
        if (name === "commit") {
          return async () => {
            const failure = fail(++commits);
            if (failure === undefined || failure.after) await target.commit();
            if (failure !== undefined) throw new EngineError(failure.code);
          };
        }
        const value = target[name as keyof Transaction] as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return {
    kind: engine.kind,
    url: engine.url,
    begin: (options) => wrap(engine.begin(options)),
    close: async () => undefined,
  };
}

describe("a transaction", () => {
  test("joins every call inside, commits, and gives the function's value", async () => {
    const value = await repo.transactional(tenant, async (tx) => {
      expect(repo.inTransaction).toBe(true);
      await repo.insert(Product, { id: "seen", name: "Own write" });
      expect(await tx.get(Product, "seen")).toMatchObject({ name: "Own write" });
      expect(await repo.getBy(Product, { name: "Own write" })).toMatchObject({ id: "seen" });
      expect(await repo.count(from(Product).where({ name: "Own write" }))).toBe(1);
      return 42;
    });
    expect(value).toBe(42);
    expect(repo.inTransaction).toBe(false);
    expect(await repo.get(Product, "seen", { tenant })).not.toBeNull();
  });

  test("that throws or is rolled back stores nothing", async () => {
    const failure = new Error("no");
    await expect(
      repo.transactional(tenant, async () => {
        await note("thrown");
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(
      await repo.transactional(tenant, async () => {
        await note("rolled");
        return repo.rollback("reason");
      }),
    ).toBe("reason");
    expect(await textOf("thrown")).toBeUndefined();
    expect(await textOf("rolled")).toBeUndefined();
    expect(() => repo.rollback()).toThrow(NotInTransactionError);
  });

  test("inside a transaction of the same tenant is part of it", async () => {
    await repo.transactional(tenant, async () => {
      await repo.transactional(tenant, () => note("inner"));
      return repo.rollback();
    });
    expect(await textOf("inner")).toBeUndefined();
    const options = repo.transactional(tenant, () =>
      repo.transactional(tenant, async () => 1, { retryLimit: 1 }),
    );
    await expect(options).rejects.toThrow(InvalidOptionsError);
  });

  test("refuses another tenant's records, and calls without a tenant", async () => {
    const other = await Tenant.openOrCreate(repo, "another");
    const foreign = await repo.insert(Note, { id: "foreign" }, { tenant: other });
    await expect(
      repo.transactional(tenant, () => repo.update(change(foreign, { text: "x" }))),
    ).rejects.toThrow(IncorrectTenancyError);
    await expect(repo.transactional(tenant, () => repo.get(Note, "a", { tenant: other }))).rejects.toThrow(
      IncorrectTenancyError,
    );
    await expect(repo.transactional(tenant, () => repo.transactional(other, async () => 1))).rejects.toThrow(
      IncorrectTenancyError,
    );
    await expect(repo.update(change(foreign, { text: "x" }), { tenant })).rejects.toThrow(
      IncorrectTenancyError,
    );
    await expect(repo.get(Note, "a")).rejects.toThrow(/\{ tenant \}/);
    await expect(repo.all(Note, { tenant: "another" as never })).rejects.toThrow(IncorrectTenancyError);
    await expect(repo.transactional((async () => 1) as never)).rejects.toThrow(/single-tenant/);
  });

  test("waits for calls that were not awaited, and refuses those that come too late", async () => {
    await repo.transactional(tenant, async () => {
      void note("not awaited");
    });
    expect(await textOf("not awaited")).toBe("");
    let late: Promise<unknown> | undefined;
    let escaped: Repo | undefined;
    await repo.transactional(tenant, async (tx) => {
      escaped = tx;
      late = new Promise((resolve) => setTimeout(resolve, 20)).then(() => note("late"));
    });
    await expect(late).rejects.toThrow(TransactionEndedError);
    await expect(escaped!.get(Note, "late")).rejects.toThrow(TransactionEndedError);
  });

  test("runs its function again on a conflict, and afterCommit once", async () => {
    await repo.transactional(tenant, () => note("contended", "0"));
    let runs = 0;
    const committed: string[] = [];
    await repo.transactional(tenant, async () => {
      runs++;
      repo.afterCommit(() => committed.push(`after ${runs}`));
      const [stored] = await repo.all(from(Note).where({ id: { gte: "contended", lte: "contended" } }));
      if (runs === 1)
        await new Repo({ engine, storageId: "shop", migrations: [[1, Shop]] }).update(
          change((await textRecord())!, { text: "1" }),
          { tenant },
        );
      await repo.update(change(stored!, { text: `${stored!.text}+` }));
    });
    expect([runs, await textOf("contended"), committed]).toEqual([2, "1+", ["after 2"]]);
    await repo.transactional(tenant, async () => {
      repo.afterCommit(() => committed.push("never"));
      return repo.rollback();
    });
    expect(committed).toEqual(["after 2"]);
  });

  const textRecord = () =>
    new Repo({ engine, storageId: "shop", migrations: [[1, Shop]] }).get(Note, "contended", { tenant });

  test("gives up with the history of its attempts", async () => {
    const conflicting = new Repo({
      engine: failingCommits(() => ({ code: 1020, after: false })),
      storageId: "shop",
    });
    const error = await conflicting
      .transactional(tenant, () => conflicting.insert(Note, { id: "never" }), {
        retryLimit: 2,
        maxRetryDelayMs: 1,
      })
      .catch((e) => e);
    expect(error).toBeInstanceOf(TransactionConflictError);
    expect(error.message).toMatch(/Attempts: 3 \(3 x 1020\)/);
    expect(error.cause).toBeInstanceOf(EngineError);
    const slow = repo.transactional(
      tenant,
      async () => {
        await repo.get(Note, "x");
        await new Promise((resolve) => setTimeout(resolve, 50));
        await repo.get(Note, "y");
      },
      { timeoutMs: 10 },
    );
    await expect(slow).rejects.toThrow(TransactionTimeoutError);
    await expect(repo.transactional(tenant, async () => 1, { retries: 5 } as never)).rejects.toThrow(
      InvalidOptionsError,
    );
    await expect(repo.transactional(tenant, async () => 1, { timeoutMs: -1 })).rejects.toThrow(
      InvalidOptionsError,
    );
  });

  test("gives its version when asked", async () => {
    const first = await repo.transactional(tenant, () => note("versioned"), { returning: "version" });
    expect(first.value).toMatchObject({ id: "versioned" });
    const read = await repo.transactional(tenant, () => repo.get(Note, "versioned"), {
      returning: "version",
    });
    expect(read.version).toBeGreaterThanOrEqual(first.version);
    expect(first.version).toBeGreaterThan(0n);
  });

  test("snapshot reads take no part in conflicts", async () => {
    await repo.transactional(tenant, () => note("watched", "0"));
    const second = new Repo({ engine, storageId: "shop" });
    const runsWith = async (snapshot: boolean) => {
      let runs = 0;
      await repo.transactional(
        tenant,
        async () => {
          const seen = await repo.get(Note, "watched");
          if (runs++ === 0) await second.update(change(seen!, { text: `${seen!.text}+` }));
          await repo.insert(Note, { id: `snapshot ${snapshot} ${runs}` });
        },
        { snapshot },
      );
      return runs;
    };
    expect([await runsWith(true), await runsWith(false)]).toEqual([1, 2]);
  });
});

describe("exactlyOnce", () => {
  const attempt = async (options: object, after: boolean) => {
    const failing = new Repo({
      engine: failingCommits((n) => (n === 1 ? { code: 1021, after } : undefined)),
      storageId: "shop",
    });
    let runs = 0;
    const outcome = await failing
      .transactional(
        tenant,
        async () => {
          runs++;
          return failing.insert(Job, { author: `once ${JSON.stringify(options)} ${after}` });
        },
        options,
      )
      .catch((error) => error);
    const stored = await repo.allBy(Job, { author: `once ${JSON.stringify(options)} ${after}` }, { tenant });
    return { runs, stored, outcome };
  };

  test("applies once, whatever became of the lost commit, and gives the first value", async () => {
    const happened = await attempt({ exactlyOnce: true }, true);
    expect([happened.runs, happened.stored.length]).toEqual([1, 1]);
    expect(happened.outcome.id).toEqual(happened.stored[0]!.id);
    const lost = await attempt({ exactlyOnce: true }, false);
    expect([lost.runs, lost.stored.length]).toEqual([2, 1]);
    expect(lost.outcome.id).toEqual(lost.stored[0]!.id);
  });

  test("without it the function runs again", async () => {
    expect((await attempt({}, true)).stored).toHaveLength(2);
  });

  test("an unknown outcome that may not be retried says so", async () => {
    const { outcome } = await attempt({ retryLimit: 0 }, true);
    expect(outcome).toBeInstanceOf(CommitUnknownError);
  });
});

describe("hot records", () => {
  const counter = async (id: string) => repo.insert(Product, { id, name: id, stock: 0 }, { tenant });
  const stockOf = async (id: string) => (await repo.getOrThrow(Product, id, { tenant })).stock;

  test("a burst on three records counts every increment once, in one attempt each", async () => {
    const ids = ["hot 1", "hot 2", "hot 3"];
    for (const id of ids) await counter(id);
    let attempts = 0;
    let started = 0;
    const increment = (id: string) =>
      repo.transactional(tenant, async () => {
        attempts++;
        const product = await repo.getOrThrow(Product, id);
        await repo.update(Product.changeset(product, { stock: product.stock + 1 }));
      });
    const worker = async () => {
      while (started < 900) await increment(ids[started++ % 3]!);
    };
    await Promise.all(Array.from({ length: 300 }, worker));
    expect((await Promise.all(ids.map(stockOf))).reduce((a, b) => a + b)).toBe(900);
    expect(attempts).toBeLessThanOrEqual(900 * 1.05);
  });

  test("transfers over two records at once never wait in a circle", async () => {
    const ids = ["a", "b", "c"].map((name) => `transfer ${name}`);
    for (const id of ids) await counter(id);
    let seed = 7;
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31;
      return seed;
    };
    const transfer = (fromId: string, toId: string) =>
      repo.transactional(tenant, async () => {
        const giver = await repo.getOrThrow(Product, fromId);
        const taker = await repo.getOrThrow(Product, toId);
        await repo.update(change(giver, { stock: giver.stock - 1 }));
        await repo.update(change(taker, { stock: taker.stock + 1 }));
      });
    await Promise.all(
      Array.from({ length: 120 }, () => {
        const at = random() % 3;
        return transfer(ids[at]!, ids[(at + 1 + (random() % 2)) % 3]!);
      }),
    );
    expect((await Promise.all(ids.map(stockOf))).reduce((a, b) => a + b)).toBe(0);
  });

  test("reads do not wait for a transaction that holds the record", async () => {
    await counter("held");
    let release: () => void = () => undefined;
    const holding = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holder = repo.transactional(tenant, async () => {
      const product = await repo.getOrThrow(Product, "held");
      await repo.update(change(product, { stock: 1 }));
      await holding;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await stockOf("held")).toBe(0);
    expect(
      await repo.transactional(tenant, () => repo.get(Product, "held"), { snapshot: true }),
    ).toMatchObject({ stock: 0 });
    release();
    await holder;
    expect(await stockOf("held")).toBe(1);
  });

  test("updates outside of transactions queue up as well", async () => {
    await counter("single");
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) =>
        repo.update(change(await repo.getOrThrow(Product, "single", { tenant }), { stock: i })),
      ),
    );
    expect(await repo.get(Product, "single", { tenant })).not.toBeNull();
  });
});

describe("versionstamp keys", () => {
  test("are filled in by the commit, in order, and unreadable before", async () => {
    const jobs = await repo.transactional(tenant, async () => {
      const made = [await repo.insert(Job, { author: "v" }), await repo.insert(Job, { author: "v" })];
      expect(() => made[0]!.id).toThrow(VersionstampPendingError);
      await expect(repo.delete(made[0]!)).rejects.toThrow(VersionstampPendingError);
      return made;
    });
    expect(jobs[0]!.id).toBeInstanceOf(Versionstamp);
    expect(Versionstamp.compare(jobs[0]!.id, jobs[1]!.id)).toBeLessThan(0);
    expect(await repo.allBy(Job, { author: "v" }, { tenant })).toEqual(jobs);
    expect(await repo.get(Job, jobs[1]!.id, { tenant })).toEqual(jobs[1]);
  });

  test("can be updated through an index and deleted, as any record", async () => {
    const job = await repo.insert(Job, { author: "A" }, { tenant });
    await repo.update(change(job, { author: "B" }));
    expect(await repo.getBy(Job, { author: "B" }, { tenant })).toMatchObject({ id: job.id });
    expect(await repo.getBy(Job, { author: "A" }, { tenant })).toBeNull();
    const top = await repo.one(from(Job).first(), { tenant });
    await repo.delete(top!);
    expect((await repo.one(from(Job).first(), { tenant }))?.id.toString()).not.toBe(top!.id.toString());
  });
});

test("a row without its versionstamp cannot be read by the transaction that makes it", async () => {
  const reading = repo.transactional(tenant, async () => {
    await repo.insert(Job, { author: "unread" });
    return repo.all(Job);
  });
  await expect(reading).rejects.toThrow(VersionstampPendingError);
  expect(await repo.exists(from(Job).where({ author: "unread" }), { tenant })).toBe(false);
});

describe("partitioned schemas", () => {
  test("are read, listed, changed and deleted by both values", async () => {
    const rows = ["alice", "alice", "bob"].map((userId, i) => ({ userId, id: `s${i}`, data: `d${i}` }));
    await repo.insertAll(Session, rows, { tenant });
    expect(await repo.get(Session, ["alice", "s1"], { tenant })).toMatchObject({ data: "d1" });
    expect(await repo.get(Session, { userId: "bob", id: "s2" }, { tenant })).toMatchObject({ data: "d2" });
    await expect(repo.get(Session, "s1", { tenant })).rejects.toThrow(/\[userId, id\]/);
    expect((await repo.allBy(Session, { userId: "alice" }, { tenant })).map(({ id }) => id)).toEqual([
      "s0",
      "s1",
    ]);
    expect(
      (await repo.allRange(Session, ["alice", "s1"], ["alice", "s9"], { tenant })).map(({ id }) => id),
    ).toEqual(["s1"]);
    const session = (await repo.getBy(Session, { data: "d1" }, { tenant }))!;
    await repo.update(change(session, { data: "new" }));
    expect(await repo.getBy(Session, { data: "new" }, { tenant })).toMatchObject({
      userId: "alice",
      id: "s1",
    });
    await expect(repo.update(change(session, { userId: "bob" }))).rejects.toMatchObject({
      code: "primary_key_change",
    });
    await repo.delete(session);
    expect(await repo.deleteAll(from(Session).where({ userId: "alice" }), { tenant })).toEqual({ count: 1 });
    expect(await repo.count(Session, { tenant })).toBe(1);
  });
});

describe("a single-tenant Repo", () => {
  test("needs no tenant and takes no other", async () => {
    const single = new Repo({ engine, storageId: "shop", tenantId: "only", migrations: [[1, Shop]] });
    await single.insert(Product, { id: "p", name: "One" });
    expect(await single.getBy(Product, { name: "One" })).toMatchObject({ id: "p" });
    expect(await single.transactional(async () => (await single.get(Product, "p"))?.name)).toBe("One");
    await expect(single.get(Product, "p", { tenant })).rejects.toThrow(/must not have a tenant defined/);
    expect(await single.get(Product, "p", { tenant: await Tenant.open(single, "only") })).not.toBeNull();
  });
});

describe("Multi", () => {
  test("runs named operations in order, each with the results so far", async () => {
    const multi = new Multi()
      .insert("product", Product, { name: "Multi" })
      .run("found", (tx, { product }) => tx.get(Product, product.id))
      .update("renamed", ({ product }) => Product.changeset(product, { name: "Multi 2" }));
    const result = await repo.transactional(tenant, multi);
    if (!result.ok) throw new Error(result.failedOperation);
    expect(result.value.renamed.name).toBe("Multi 2");
    expect(result.value.found?.name).toBe("Multi");
    expect(() => multi.put("product", 1)).toThrow(/already/);
  });

  test("tells which operation failed, and stores nothing", async () => {
    const multi = new Multi()
      .insert("note", Note, { id: "in multi" })
      .insert("bad", Product, { name: 5 as never });
    const result = await repo.transactional(tenant, multi);
    expect(result).toMatchObject({
      ok: false,
      failedOperation: "bad",
      changesSoFar: { note: { id: "in multi" } },
    });
    expect(await textOf("in multi")).toBeUndefined();
    const failed = await repo.transactional(tenant, new Multi().error("stop", "why"));
    expect(failed).toMatchObject({ ok: false, failedOperation: "stop", failedValue: "why" });
  });
});

describe("transactions of several Repos", () => {
  test("are inside of each other: every Repo finds its own, and outside of it none", async () => {
    const other = await openShop();
    const seen: boolean[] = [];
    const look = () => seen.push(repo.inTransaction, other.repo.inTransaction);
    await repo.transactional(tenant, async () => {
      look();
      await other.repo.transactional(other.tenant, async () => {
        look();
        await repo.transactional(tenant, async () => look());
        other.repo.afterCommit(look);
      });
      look();
    });
    look();
    expect(seen).toEqual([
      ...[true, false, true, true, true, true],
      // After the commit of one, still in the other.
      ...[true, false, true, false, false, false],
    ]);
    await other.repo.close();
  });

  test("leave nothing behind that every promise of the process would carry on", async () => {
    const carried = async () => {
      await null;
      return Object.getOwnPropertySymbols(executionAsyncResource()).length;
    };
    const before = await carried();
    for (let i = 0; i < 10; i++) {
      const one = await openShop();
      await one.repo.transactional(one.tenant, () => one.repo.all(Note));
      await one.repo.close();
    }
    expect(await carried()).toBe(before);
  });
});

describe("the Repo itself", () => {
  test("is closed once, and says so afterwards", async () => {
    const own = new Repo({ url: "memory:", storageId: "closing" });
    await Tenant.openOrCreate(own, "t");
    await own.close();
    await own.close();
    await expect(own.engine()).rejects.toThrow(RepoClosedError);
    await expect(own.get(Note, "a", { tenant })).rejects.toThrow(RepoClosedError);
  });

  test("does not close an engine that it was given", async () => {
    const given = await openEngine("memory:");
    const own = new Repo({ engine: given, storageId: "given" });
    await Tenant.openOrCreate(own, "t");
    await own.close();
    await given.begin().get(Buffer.from("a"));
    await given.close();
  });

  test.each([
    [{}, /storageId/],
    [{ storageId: "a" }, /needs a url/],
    [{ storageId: "a", url: "memory:", tenantId: "" }, /tenantId/],
    [{ storageId: "a", url: "memory:", migration: [] }, /no option "migration"/],
    [{ storageId: "a", url: "memory:", transaction: { retries: 3 } }, /no option "retries"/],
    [{ storageId: "a", url: "memory:", transaction: { timeoutMs: "1s" } }, /timeoutMs/],
    [{ storageId: "a", url: "memory:", migrations: {} }, /list of versions/],
  ])("refuses %j", (options, message) => {
    expect(() => new Repo(options as never)).toThrow(message);
  });

  test("PLINTH_URL goes before the url, and the configuration shows it", () => {
    process.env.PLINTH_URL = "memory:";
    try {
      const own = new Repo({ url: "embedded:./elsewhere", storageId: "env" });
      expect(own.config).toMatchObject({ url: "memory:", storageId: "env" });
      expect(Object.isFrozen(own.config)).toBe(true);
    } finally {
      delete process.env.PLINTH_URL;
    }
  });
});

test("a wrong changeset in a transaction leaves the rest of it alone", async () => {
  await repo.transactional(tenant, async () => {
    await note("kept");
    await expect(repo.insert(Product, { name: 5 as never })).rejects.toThrow(InvalidChangesetError);
  });
  expect(await textOf("kept")).toBe("");
});
