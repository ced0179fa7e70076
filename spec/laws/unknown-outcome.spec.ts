import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CommitUnknownError, change, type Repo } from "plinth";
import { Event, failing, openProcess, openWorld, Person, problems, type World } from "./support.js";

/** A commit whose answer is lost: nothing is applied twice where that is promised, and nothing is told that is not so. */

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.engine.close());

const named = (id: string) => world.repo.get(Person, id, { tenant: world.tenant });

/** Loses the answers of the first commits; `happened` says which of them took place. */
function losing(...happened: readonly boolean[]): Repo {
  return openProcess(
    failing(world.engine, (call, n) =>
      call === "commit" && n <= happened.length ? { code: 1021, after: happened[n - 1]! } : undefined,
    ),
    { transaction: { maxRetryDelayMs: 1 } },
  );
}

describe("a single write whose commit", () => {
  const writes: readonly (readonly [name: string, run: (repo: Repo, id: string) => Promise<unknown>])[] = [
    ["insert", (repo, id) => repo.insert(Person, { id, email: `${id}@`, age: 2 }, { tenant: world.tenant })],
    [
      "update",
      async (repo, id) => repo.update(change((await named(id)) as Person, { age: 2, email: `${id}@` })),
    ],
    ["delete", async (repo, id) => repo.delete((await named(id)) as Person)],
    [
      "upsert",
      (repo, id) =>
        repo.insert(
          Person,
          { id, email: `${id}@`, age: 2 },
          { tenant: world.tenant, onConflict: "replaceAll" },
        ),
    ],
  ];
  const prepare = async (name: string, id: string) => {
    if (name === "update" || name === "delete")
      await world.repo.insert(Person, { id, age: 1 }, { tenant: world.tenant });
  };

  for (const [name, run] of writes) {
    test(`did not happen is run again: ${name}`, async () => {
      const id = `lost ${name}`;
      await prepare(name, id);
      await run(losing(false, false), id);
      expect(await named(id)).toEqual(name === "delete" ? null : expect.objectContaining({ age: 2 }));
    });

    test(`happened is not blamed on somebody else: ${name}`, async () => {
      const id = `done ${name}`;
      await prepare(name, id);
      const outcome = await run(losing(true), id).then(
        () => "done",
        (error) => error,
      );
      if (outcome !== "done") expect(outcome).toBeInstanceOf(CommitUnknownError);
      expect(await named(id)).toEqual(name === "delete" ? null : expect.objectContaining({ age: 2 }));
    });
  }

  test("leaves indexes, counters and the rest in step", async () => {
    expect(await problems(world.repo, world.tenant, [Person, Event])).toEqual([]);
  });
});

describe("exactlyOnce", () => {
  const patterns = [[true], [false], [false, true], [false, false, true], [true, true], [false, false]];

  for (const pattern of patterns) {
    test(`adds one whatever becomes of the commits: ${pattern.map((it) => (it ? "done" : "lost")).join(", ")}`, async () => {
      const id = `once ${pattern.join()}`;
      await world.repo.insert(Person, { id, age: 0 }, { tenant: world.tenant });
      const repo = losing(...pattern);
      let runs = 0;
      const { value, version } = await repo.transactional(
        world.tenant,
        async () => {
          const run = ++runs;
          const person = await repo.getOrThrow(Person, id);
          await repo.update(change(person, { age: person.age! + 1 }));
          const event = await repo.insert(Event, { kind: id });
          return { run, event };
        },
        { exactlyOnce: true, returning: "version" },
      );
      expect((await named(id))?.age).toBe(1);
      // The value is that of the attempt that was applied.
      const applied = pattern.includes(true) ? pattern.indexOf(true) + 1 : pattern.length + 1;
      expect([value.run, runs]).toEqual([applied, applied]);
      const events = await world.repo.allBy(Event, { kind: id }, { tenant: world.tenant });
      expect(events.map((event) => event.id)).toEqual([value.event.id]);
      expect(version).toBeGreaterThan(0n);
      expect(version).toBeLessThanOrEqual(
        (
          await world.repo.transactional(world.tenant, () => world.repo.get(Person, id), {
            returning: "version",
          })
        ).version,
      );
    });
  }

  test("runs its afterCommit functions once", async () => {
    const repo = losing(true);
    const ran: number[] = [];
    let runs = 0;
    await repo.transactional(
      world.tenant,
      async () => {
        const run = ++runs;
        repo.afterCommit(() => ran.push(run));
        await repo.insert(Event, { kind: "after" });
      },
      { exactlyOnce: true },
    );
    expect(ran).toEqual([1]);
  });
});
