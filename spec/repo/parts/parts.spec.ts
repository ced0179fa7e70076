import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../../lib/engine/index.js";
import {
  build,
  change,
  checkTenant,
  from,
  InvalidOptionsError,
  Multi,
  MultiFailedError,
  OutstandingCallsError,
  Repo,
  Tenant,
  TransactionDeadlockError,
  TransactionTimeoutError,
  TransactionTooOldError,
} from "../../../lib/index.js";
import { lateEngine } from "../../../lib/testing/index.js";
import { Member, Members } from "./perform.js";

const soon = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const fail = (message = "as planned") => Promise.reject(new Error(message));

let repo: Repo;
let tenants = 0;
const open = () => Tenant.create(repo, `t${++tenants}`);
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "parts", migrations: [[1, Members]] });
});
afterAll(() => repo.close());

const stored = async (tenant: Tenant) => {
  expect((await checkTenant(repo, tenant)).problems).toEqual([]);
  const ids = await repo.all(from(Member).orderBy("id").select("id"), { tenant });
  expect(await repo.count(from(Member), { tenant })).toBe(ids.length);
  return ids;
};

describe("a part that fails", () => {
  test("takes back its rows, index entries, unique values and counts, and nothing of what ran beside it", async () => {
    const tenant = await open();
    await repo.transactional(tenant, async () => {
      await repo.insert(Member, { id: "a", n: 1, mail: "x" });
      const outcomes = await Promise.allSettled([
        repo.transactional(async () => {
          await repo.insert(Member, { id: "lost", n: 2, mail: "y" });
          await repo.update(change((await repo.get(Member, "a"))!, { mail: "z" }));
          return fail();
        }),
        repo.insert(Member, { id: "b", n: 3, mail: null }),
        repo.transactional(() => repo.insert(Member, { id: "c", n: 4, mail: null })),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
      // The values that it had taken and freed are as they were.
      await repo.insert(Member, { id: "d", n: 5, mail: "y" });
      await expect(repo.insert(Member, { id: "e", n: 6, mail: "x" })).rejects.toThrow();
    });
    expect(await stored(tenant)).toEqual(["a", "b", "c", "d"]);
  });

  test("takes back what its branches write after it has failed", async () => {
    const tenant = await open();
    await repo.transactional(tenant, async () => {
      const late = soon(5).then(() => repo.insert(Member, { id: "late", n: 1, mail: null }));
      await repo.transactional(() => Promise.all([late, fail()])).catch(() => undefined);
      await soon(20);
      await late.catch(() => undefined);
    });
    // It was called outside of the part, so it is the transaction's.
    expect(await stored(tenant)).toEqual(["late"]);
    await repo.transactional(tenant, async () => {
      await repo
        .transactional(() =>
          Promise.all([soon(5).then(() => repo.insert(Member, { id: "lost", n: 1, mail: null })), fail()]),
        )
        .catch(() => undefined);
      await soon(20);
    });
    expect(await stored(tenant)).toEqual(["late"]);
  });

  test("is not seen by others before it ends, and sees itself", async () => {
    const tenant = await open();
    await repo.transactional(tenant, async (tx) => {
      let inside: string[] = [];
      const part = repo.transactional(async () => {
        await repo.insert(Member, { id: "a", n: 1, mail: null });
        inside = await repo.all(from(Member).where({ n: 1 }).select("id"));
        await soon(20);
        return fail();
      });
      await soon(10);
      expect(await tx.all(from(Member).select("id"))).toEqual([]);
      expect(await tx.count(from(Member))).toBe(0);
      await expect(part).rejects.toThrow("as planned");
      expect(inside).toEqual(["a"]);
    });
  });

  test("tells nobody of a commit, and leaves no id to be filled in", async () => {
    const tenant = await open();
    const told: string[] = [];
    await repo.transactional(tenant, async (tx) => {
      tx.afterCommit(() => told.push("outer"));
      await tx
        .transactional(async (part) => {
          part.afterCommit(() => told.push("lost"));
          return fail();
        })
        .catch(() => undefined);
      await tx.transactional((part) => part.afterCommit(() => told.push("kept")));
    });
    expect(told).toEqual(["outer", "kept"]);
  });

  test("ends when its function does: what comes later is refused, and is nobody's", async () => {
    const tenant = await open();
    let held: Repo | undefined;
    await repo.transactional(tenant, async (tx) => {
      await tx.transactional((part) => {
        held = part;
      });
      await expect(held!.insert(Member, { id: "a", n: 1, mail: null })).rejects.toMatchObject({
        code: "transaction_ended",
      });
      await tx.insert(Member, { id: "b", n: 1, mail: null });
    });
    expect(await stored(tenant)).toEqual(["b"]);
  });
});

describe("parts beside each other", () => {
  test("that want one record take turns, so that no change is lost", async () => {
    const tenant = await open();
    await repo.insert(Member, { id: "a", n: 0, mail: null }, { tenant });
    await repo.transactional(tenant, async () => {
      const add = () =>
        repo.transactional(async () => {
          const row = (await repo.get(Member, "a"))!;
          await repo.update(change(row, { mail: `m${row.n}` }));
          await soon(2);
          await repo.update(change(row, { n: ((await repo.get(Member, "a"))?.n ?? 0) + 1 }));
        });
      await Promise.all([add(), add(), add()]);
    });
    expect(await repo.get(Member, "a", { tenant })).toMatchObject({ n: 3 });
    expect(await stored(tenant)).toEqual(["a"]);
  });

  test("that wait for each other's records end with an error that says so", async () => {
    const tenant = await open();
    const { records } = await repo.insertAll(
      Member,
      ["a", "b"].map((id) => ({ id, n: 0, mail: null })),
      { tenant },
    );
    const [a, b] = records as [Member, Member];
    const both = (first: Member, second: Member) =>
      repo.transactional(async () => {
        await repo.update(change(first, { n: first.n + 1 }));
        await soon(10);
        await repo.update(change(second, { n: second.n + 1 }));
      });
    const outcomes = await repo.transactional(tenant, () => Promise.allSettled([both(a, b), both(b, a)]));
    const failed = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
    expect(failed.map(({ reason }) => reason)).toEqual([expect.any(TransactionDeadlockError)]);
    const rows = await repo.all(from(Member).orderBy("id"), { tenant });
    expect(rows.map(({ n }) => n)).toEqual([1, 1]);
  });
});

describe("a Multi inside of a transaction", () => {
  const failing = new Multi().run("no", () => Multi.fail("because"));

  test("gives its result to its caller, and leaves nothing behind", async () => {
    const tenant = await open();
    const value = await repo.transactional(tenant, async (tx) => {
      await tx.insert(Member, { id: "a", n: 1, mail: null });
      const result = await tx.transactional(failing);
      expect(result).toMatchObject({ ok: false, failedOperation: "no", failedValue: "because" });
      return "the outer value";
    });
    expect(value).toBe("the outer value");
    expect(await stored(tenant)).toEqual(["a"]);
  });

  test("refuses the commit when it had written, unless a part around it is given up", async () => {
    const tenant = await open();
    const writing = new Multi().insert("row", Member, { id: "m", n: 1, mail: null }).append(failing);
    const run = repo.transactional(tenant, async (tx) => {
      expect((await tx.transactional(writing)).ok).toBe(false);
      return "went on";
    });
    await expect(run).rejects.toThrow(MultiFailedError);
    await repo.transactional(tenant, async (tx) => {
      await expect(tx.transactional((part) => part.transactional(writing))).rejects.toThrow(MultiFailedError);
      await tx.insert(Member, { id: "a", n: 1, mail: null });
    });
    expect(await stored(tenant)).toEqual(["a"]);
  });
});

describe("what prepareChanges writes", () => {
  const counted = (id: string, mail: string | null) =>
    change(build(Member, { id, n: 1, mail }))
      .uniqueConstraint("mail")
      .prepareChanges(async (changeset, tx) => {
        await (tx as Repo).insert(Member, { id: `log-${id}`, n: 2, mail: null });
        // Without `tx` it is the same transaction.
        await repo.insert(Member, { id: `too-${id}`, n: 3, mail: null });
        return changeset;
      });

  test("stands with the write and goes with it, alone and in a transaction", async () => {
    const tenant = await open();
    await repo.insert(counted("a", "x"), { tenant });
    expect((await repo.tryInsert(counted("b", "x"), { tenant })).ok).toBe(false);
    await repo.transactional(tenant, async () => {
      expect((await repo.tryInsert(counted("c", "x"))).ok).toBe(false);
      expect((await repo.tryInsert(counted("d", "y"))).ok).toBe(true);
    });
    expect(await stored(tenant)).toEqual(["a", "d", "log-a", "log-d", "too-a", "too-d"]);
  });

  test("must give a changeset", async () => {
    const tenant = await open();
    const broken = change(build(Member, { id: "a", n: 1 })).prepareChanges((() => undefined) as never);
    await expect(repo.insert(broken, { tenant })).rejects.toThrow(InvalidOptionsError);
    expect(await stored(tenant)).toEqual([]);
  });
});

describe("calls that are not awaited", () => {
  test("are waited for, and stored when they succeed", async () => {
    const tenant = await open();
    await repo.transactional(tenant, () => {
      void repo.insert(Member, { id: "a", n: 1, mail: null });
    });
    expect(await stored(tenant)).toEqual(["a"]);
  });

  test("refuse the commit when they fail, naming the call and its line", async () => {
    const tenant = await open();
    await repo.insert(Member, { id: "taken", n: 1, mail: null }, { tenant });
    const run = repo.transactional(tenant, async () => {
      await repo.insert(Member, { id: "b", n: 1, mail: null });
      repo.insert(Member, { id: "taken", n: 1, mail: null }).catch(() => undefined);
    });
    await expect(run).rejects.toThrow(OutstandingCallsError);
    await expect(run).rejects.toThrow(/repo\.insert\(…\) at .*parts\.spec\.ts:\d+:\d+ was not awaited/);
    expect(await stored(tenant)).toEqual(["taken"]);
  });

  test("refuse the commit when another call follows them, which would be lost", async () => {
    const tenant = await open();
    const run = repo.transactional(tenant, () => {
      const forgotten = async () => {
        await repo.insert(Member, { id: "a", n: 1, mail: null });
        await repo.insert(Member, { id: "b", n: 1, mail: null });
      };
      forgotten().catch(() => undefined);
    });
    await expect(run).rejects.toThrow(/came after the function of its transaction had returned/);
    expect(await stored(tenant)).toEqual([]);
  });
});

describe("waiting has an end", () => {
  test("timeoutMs ends a function that hangs, and one that hangs in a part", async () => {
    const tenant = await open();
    const hanging = async () => {
      await repo.insert(Member, { id: "a", n: 1, mail: null });
      await new Promise(() => undefined);
    };
    await expect(repo.transactional(tenant, hanging, { timeoutMs: 50 })).rejects.toThrow(
      TransactionTimeoutError,
    );
    const inPart = () => repo.transactional(hanging);
    await expect(repo.transactional(tenant, inPart, { timeoutMs: 50 })).rejects.toThrow(
      TransactionTimeoutError,
    );
    expect(await stored(tenant)).toEqual([]);
  });

  test("a function that is too slow each time fails after a few attempts, and retries are told", async () => {
    let now = 1_000_000;
    const engine = await openEngine("memory:", { clock: () => now });
    const told: string[] = [];
    const logger = { debug: told.push.bind(told), info: () => {}, warn: () => {}, error: () => {} };
    const slow = new Repo({
      engine,
      storageId: "slow",
      migrations: [[1, Members]],
      logger: { ...logger, debug: (_: object, message: string) => void told.push(message) },
    });
    const tenant = await Tenant.create(slow, "t");
    const real = Date.now;
    let attempts = 0;
    try {
      const run = slow.transactional(tenant, async (tx) => {
        attempts++;
        await tx.get(Member, "a");
        now += 6_000_000;
        Date.now = () => real() + attempts * 10_000;
        await tx.insert(Member, { id: "a", n: 1, mail: null });
      });
      await expect(run).rejects.toThrow(TransactionTooOldError);
    } finally {
      Date.now = real;
    }
    expect(attempts).toBe(3);
    expect(told.filter((message) => message.startsWith("A transaction runs again"))).toHaveLength(2);
    await slow.close();
    await engine.close();
  });
});

test("repo.outside runs in transactions of its own, which stand whatever becomes of the one around", async () => {
  const tenant = await open();
  const run = repo.transactional(tenant, async (tx) => {
    await repo.insert(Member, { id: "lost", n: 1, mail: null });
    await repo.outside(() => repo.insert(Member, { id: "kept", n: 1, mail: null }, { tenant }));
    expect(await repo.outside(async () => repo.inTransaction)).toBe(false);
    expect(tx.inTransaction).toBe(true);
    return fail();
  });
  await expect(run).rejects.toThrow("as planned");
  expect(await stored(tenant)).toEqual(["kept"]);
  expect(() => repo.outside("no" as never)).toThrow(InvalidOptionsError);
});

describe("calls beside each other on an engine that answers late", () => {
  test.each([1, 2, 3])("take effect in the order in which they were made (seed %i)", async (seed) => {
    const plain = await openEngine("memory:");
    const engine = lateEngine(plain, { seed });
    const late = new Repo({ engine, storageId: "late", migrations: [[1, Members]] });
    const tenant = await Tenant.create(late, "t");
    const row = await late.insert(Member, { id: "a", n: 0, mail: "m" }, { tenant });
    const outcomes = await late.transactional(tenant, () =>
      Promise.allSettled([
        late.update(change(row, { n: 1 })),
        late.insert(Member, { id: "b", n: 1, mail: "m" }),
        late.update(change(row, { mail: "k" })),
        late.insert(Member, { id: "c", n: 1, mail: "m" }),
        late.insert(Member, { id: "c", n: 2, mail: null }),
        late.delete(row),
        late.insert(Member, { id: "a", n: 9, mail: "k" }),
      ]),
    );
    const done = outcomes.map(({ status }) => status === "fulfilled");
    expect(done).toEqual([true, false, true, true, false, true, true]);
    const rows = await late.all(from(Member).orderBy("id"), { tenant });
    expect(rows.map(({ id, n, mail }) => [id, n, mail])).toEqual([
      ["a", 9, "k"],
      ["c", 1, "m"],
    ]);
    await late.close();
    await engine.close();
  });
});
