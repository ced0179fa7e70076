import { afterEach, describe, expect, test } from "@jest/globals";
import {
  change,
  create,
  Field,
  type FieldType,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  type Repo,
  registerIndexer,
  Schema,
  TransactionEndedError,
} from "plinth";
import {
  contents,
  Event,
  failing,
  openProcess,
  openWorld,
  People,
  Person,
  problems,
  type World,
} from "./support.js";

/** Records, entries, unique values, counters, log entries and heads are committed together or not at all. */

let world: World;
afterEach(() => world.engine.close());

const long = "x".repeat(300_000);

async function populated(): Promise<World> {
  world = await openWorld();
  const { repo, tenant } = world;
  await repo.insertAll(
    Person,
    Array.from({ length: 6 }, (_, i) => ({
      id: `p${i}`,
      email: `e${i}`,
      city: i % 2 ? "Bern" : "Oslo",
      age: i,
    })),
    { tenant },
  );
  await repo.insert(Person, { id: "long", bio: long, age: 99 }, { tenant });
  return world;
}

/** A bit of everything that a transaction can write. */
const steps: readonly ((repo: Repo) => Promise<unknown>)[] = [
  (repo) => repo.insert(Person, { id: "new", email: "new", city: "Rome", age: 7 }),
  async (repo) =>
    repo.update(change((await repo.getOrThrow(Person, "p1")) as Person, { age: 40, city: "Oslo" })),
  async (repo) => repo.update(change((await repo.getOrThrow(Person, "p2")) as Person, { email: "e2b" })),
  async (repo) => repo.delete(await repo.getOrThrow(Person, "p3")),
  (repo) => repo.insert(Event, { kind: "seen" }),
  async (repo) => repo.update(change((await repo.getOrThrow(Person, "long")) as Person, { bio: "short" })),
  (repo) => repo.insert(Person, { id: "p4", city: "Bern" }, { onConflict: { replace: ["city"] } }),
  (repo) =>
    repo.insertAll(Person, [
      { id: "m1", city: "Rome" },
      { id: "m2", bio: long },
    ]),
  (repo) => repo.updateAll(from(Person).where({ city: "Rome" }), { age: 1 }),
  (repo) => repo.deleteAll(from(Person).where({ age: { gte: 5 } })),
];

async function runSteps(repo: Repo, count = steps.length): Promise<void> {
  for (const step of steps.slice(0, count)) await step(repo);
}

describe("a transaction that ends with an error", () => {
  test("leaves no byte behind, at whichever of its steps it ends", async () => {
    const { engine, repo, tenant } = await populated();
    const before = await contents(engine);
    for (let count = 1; count <= steps.length; count++) {
      const failure = new Error(`after step ${count}`);
      const run = repo.transactional(tenant, async () => {
        await runSteps(repo, count);
        throw failure;
      });
      await expect(run).rejects.toBe(failure);
      expect(await contents(engine)).toEqual(before);
    }
    await repo.transactional(tenant, () => runSteps(repo));
    expect(await contents(engine)).not.toEqual(before);
    expect(await problems(repo, tenant, [Person, Event])).toEqual([]);
  });

  test("leaves no byte behind, at whichever call of the store it fails", async () => {
    const { engine, tenant } = await populated();
    const before = await contents(engine);
    const calls = { get: 0, getRange: 0, commit: 0 };
    const counting = openProcess(failing(engine, (call) => void calls[call]++));
    await counting
      .transactional(tenant, async () => {
        await runSteps(counting);
        throw new Error("counted");
      })
      .catch(() => undefined);
    calls.commit = 1;
    for (const call of ["get", "getRange", "commit"] as const) {
      expect(calls[call]).toBeGreaterThan(0);
      for (let at = 1; at <= calls[call]; at++) {
        // 2000 is client_invalid_operation: not retried.
        const repo = openProcess(
          failing(engine, (name, n) => (name === call && n === at ? { code: 2000 } : undefined)),
        );
        await expect(repo.transactional(tenant, () => runSteps(repo))).rejects.toMatchObject({
          fdbCode: 2000,
        });
        expect(await contents(engine)).toEqual(before);
      }
    }
  });

  test("leaves no byte behind when one of several calls at once fails", async () => {
    const { engine, repo, tenant } = await populated();
    const before = await contents(engine);
    for (let i = 0; i < 20; i++) {
      const run = repo.transactional(tenant, () =>
        Promise.all([
          ...Array.from({ length: 5 }, (_, n) => repo.insert(Person, { id: `q${n}`, email: `q${n}` })),
          repo.insert(Person, { id: i % 2 ? "p1" : "q9", email: "e1" }),
          repo.updateAll(Person, { age: 3 }),
        ]),
      );
      await expect(run).rejects.toThrow();
      expect(await contents(engine)).toEqual(before);
    }
  });
});

describe("a call that fails inside of a transaction that goes on", () => {
  test("has changed nothing, when it writes one record", async () => {
    const { repo, tenant, engine } = await populated();
    const before = await contents(engine);
    await repo.transactional(tenant, async () => {
      const failures = [
        repo.insert(Person, { id: "p1" }),
        repo.insert(Person, { id: "other", email: "e1" }),
        repo.insert(Person, { id: "other", age: "old" as never }),
        repo.update(change(await repo.getOrThrow(Person, "p2"), { email: "e1" })),
        repo.update(change(Object.assign(await repo.getOrThrow(Person, "p2"), { id: "gone" }), { age: 1 })),
        repo.delete(Object.assign(await repo.getOrThrow(Person, "p2"), { id: "gone" })),
        repo.all(from(Person).where({ bio: "x" })),
      ];
      for (const failure of failures) await expect(failure).rejects.toThrow();
    });
    expect(await contents(engine)).toEqual(before);
  });

  test("takes back all of several records, when only some of them can be written", async () => {
    const { repo, tenant, engine } = await populated();
    const before = await contents(engine);
    const several: readonly (() => Promise<unknown>)[] = [
      () => repo.insertAll(Person, [{ id: "n1" }, { id: "p1" }, { id: "n2" }]),
      () => repo.updateAll(Person, (person) => ({ email: "same", age: (person.age ?? 0) + 1 })),
    ];
    for (const write of several) {
      const run = repo.transactional(tenant, async () => {
        await expect(write()).rejects.toThrow();
        return "went on";
      });
      expect(await run).toBe("went on");
      expect(await contents(engine)).toEqual(before);
    }
  });
});

describe("a transaction inside a transaction", () => {
  test("that fails leaves nothing to an outer one that goes on, whether or not it had written", async () => {
    const { repo, tenant, engine } = await populated();
    const before = await contents(engine);
    const failure = new Error("inner");
    const run = repo.transactional(tenant, async () => {
      const inner = repo.transactional(tenant, async () => {
        await repo.insert(Person, { id: "inner" });
        throw failure;
      });
      await expect(inner).rejects.toBe(failure);
    });
    await run;
    expect(await contents(engine)).toEqual(before);
    await repo.transactional(tenant, async () => {
      const inner = repo.transactional(tenant, () => repo.insert(Person, { id: "p1" }));
      await expect(inner).rejects.toThrow();
      await repo.insert(Person, { id: "outer" });
    });
    expect(await repo.get(Person, "outer", { tenant })).not.toBeNull();
  });

  test("that is rolled back is rolled back, also when somebody catches it", async () => {
    const { repo, tenant, engine } = await populated();
    const before = await contents(engine);
    let afterwards = 0;
    const value = await repo.transactional(tenant, async () => {
      repo.afterCommit(() => afterwards++);
      await repo.insert(Person, { id: "outer" });
      await repo
        .transactional(tenant, async () => {
          await repo.insert(Person, { id: "inner" });
          return repo.rollback("reason");
        })
        .catch(() => undefined);
      return "committed";
    });
    expect([value, afterwards]).toEqual(["reason", 0]);
    expect(await contents(engine)).toEqual(before);
  });
});

test("afterCommit is refused when it comes too late to know of the commit", async () => {
  const { repo, tenant } = await populated();
  let escaped: Repo | undefined;
  const failing = repo.transactional(tenant, async (tx) => {
    escaped = tx;
    throw new Error("no commit");
  });
  await expect(failing).rejects.toThrow("no commit");
  expect(() => escaped!.afterCommit(() => undefined)).toThrow(TransactionEndedError);
});

test("one id twice in one list is one record, when conflicts are allowed", async () => {
  const { repo, tenant } = await populated();
  const twice = [
    { id: "new", email: "new", age: 1 },
    { id: "new", email: "new", age: 2 },
  ];
  const kept = await repo.insertAll(Person, twice, { tenant, onConflict: "nothing" });
  expect(kept.count).toBe(1);
  expect((await repo.get(Person, "new", { tenant }))?.age).toBe(1);
  await repo.insertAll(Person, twice, { tenant, onConflict: "replaceAll" });
  expect((await repo.get(Person, "new", { tenant }))?.age).toBe(2);
  expect(await problems(repo, tenant, [Person, Event])).toEqual([]);
});

const moody: FieldType<string> = {
  name: "moody",
  cast: (value) => ({ ok: true, value: String(value) }),
  dump: (value) => value,
  load: (stored) => stored as string,
  toKey: (value) => {
    if (value === "none") throw new Error("no key");
    return value;
  },
};

@Schema("moods")
class Mood {
  @PrimaryKey("string") declare id: string;
  @Field(moody) declare mood: string | null;
  @Field("integer") declare score: number | null;
}

@Schema("picky")
class Picky {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
}

registerIndexer("laws-picky", {
  set: (_ctx, row) => {
    if (row.values[0] === "none") throw new Error("not me");
  },
  clear: () => undefined,
});

class Moods extends Migration {
  change() {
    return [
      create(index(Mood, ["score"])),
      create(index(Mood, ["mood"])),
      create(metadata(Mood)),
      create(index(Picky, ["name"], { indexer: "laws-picky" })),
      create(metadata(Picky)),
    ];
  }
}

test("a type or an indexer of the application that throws cannot leave half of a write behind", async () => {
  world = await openWorld({
    migrations: [
      [1, People],
      [2, Moods],
    ],
  });
  const { repo, tenant, engine } = world;
  await repo.insert(Mood, { id: "m", mood: "good", score: 1 }, { tenant });
  const before = await contents(engine);
  const writes: readonly (() => Promise<unknown>)[] = [
    () => repo.insert(Mood, { id: "a", mood: "none", score: 1 }),
    () => repo.insert(Mood, { id: "a", mood: "none", score: 1 }, { conflictTarget: [] }),
    async () => repo.update(change((await repo.getOrThrow(Mood, "m")) as Mood, { mood: "none", score: 2 })),
    () => repo.insert(Picky, { id: "a", name: "none" }),
  ];
  for (const write of writes) {
    const run = repo.transactional(tenant, async () => {
      await expect(write()).rejects.toThrow();
    });
    await expect(run).rejects.toThrow();
    expect(await contents(engine)).toEqual(before);
  }
});

describe("calls at once in one transaction", () => {
  test("on the same record and the same unique value keep everything in step", async () => {
    const { repo, tenant } = await populated();
    const outcome = await repo.transactional(tenant, async () => {
      const person = await repo.getOrThrow(Person, "p0");
      const settled = await Promise.allSettled([
        repo.insert(Person, { id: "twin", email: "one" }),
        repo.insert(Person, { id: "twin", email: "two" }),
        repo.insert(Person, { id: "u1", email: "shared" }),
        repo.insert(Person, { id: "u2", email: "shared" }),
        repo.update(change(person, { age: 10 })),
        repo.update(change(person, { city: "Rome" })),
        repo.update(change(person, { email: "moved" })),
        repo.insert(Person, { id: "p0", bio: "b" }, { onConflict: { replace: ["bio"] } }),
        repo.delete(await repo.getOrThrow(Person, "p1")),
        repo
          .insert(Person, { id: "heir", email: "e1" })
          .catch(() => repo.insert(Person, { id: "heir", email: "heir" })),
      ]);
      return settled.map(({ status }) => status);
    });
    expect(outcome.slice(0, 4).filter((status) => status === "rejected")).toHaveLength(2);
    expect(outcome.slice(4)).toEqual(Array(6).fill("fulfilled"));
    expect(await repo.get(Person, "p0", { tenant })).toMatchObject({
      age: 10,
      city: "Rome",
      email: "moved",
      bio: "b",
    });
    expect(await repo.count(Person, { tenant })).toBe(9);
    expect(await problems(repo, tenant, [Person, Event])).toEqual([]);
  });

  test("insert, change and delete of one record in any order end in one of the possible states", async () => {
    const { repo, tenant } = await populated();
    for (let i = 0; i < 10; i++) {
      await repo.transactional(tenant, async () => {
        const person = await repo.getOrThrow(Person, "p0");
        await Promise.allSettled([
          repo.delete(person),
          repo.update(change(person, { age: 50 + i, email: `again ${i}` })),
          repo.insert(
            Person,
            { id: "p0", email: `new ${i}`, bio: i % 2 ? long : null },
            { onConflict: "replaceAll" },
          ),
          repo.updateAll(from(Person).where({ city: "Oslo" }), { age: i }),
        ]);
        if ((await repo.get(Person, "p0")) === null) await repo.insert(Person, { id: "p0", city: "Oslo" });
      });
      expect(await problems(repo, tenant, [Person, Event])).toEqual([]);
    }
  });

  test("that nobody awaits are part of it", async () => {
    const { repo, tenant } = await populated();
    await repo.transactional(tenant, () => {
      void repo.insert(Person, { id: "unawaited", email: "u", bio: long });
      void repo.updateAll(from(Person).where({ city: "Oslo" }), { age: 77 });
    });
    expect(await repo.get(Person, "unawaited", { tenant })).toMatchObject({ email: "u" });
    expect(await repo.count(from(Person).where({ age: 77 }), { tenant })).toBe(3);
    expect(await problems(repo, tenant, [Person, Event])).toEqual([]);
  });
});

test("batches visit each row once, although their writes move rows further along the index they read", async () => {
  world = await openWorld();
  const { repo, tenant } = world;
  await repo.insertAll(
    Person,
    Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, age: i })),
    { tenant },
  );
  let batches = 0;
  const outcome = await repo.updateAll(
    from(Person).where({ age: { gte: 0 } }),
    (person) => ({ age: person.age! + 100 }),
    {
      tenant,
      batch: 3,
      onProgress: () => {
        if (++batches > 50) throw new Error("It does not end.");
      },
    },
  );
  expect(outcome.count).toBe(20);
  const ages = (await repo.all(from(Person).orderBy("age").select("age"), { tenant })) as number[];
  expect(ages).toEqual(Array.from({ length: 20 }, (_, i) => 100 + i));
});
