import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { change } from "../../lib/changeset/index.js";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import {
  create,
  index,
  Migration,
  type MigrationList,
  type MigrationProgress,
  Migrator,
} from "../../lib/migration/index.js";
import { from } from "../../lib/query/index.js";
import { execute, Repo } from "../../lib/repo/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { withFaults } from "../../lib/testing/index.js";
import { plinth } from "../cli/support/run.js";

@Schema("people")
class Person {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("integer", { default: 0 }) declare touched: number;
}

/** Counts for each record how often it was touched, ten at a time. */
class Touch extends Migration {
  change() {
    return [
      execute(
        async (tx, cursor) => {
          const { rows, next } = await tx.page(from(Person), { limit: 10, after: cursor ?? null });
          for (const one of rows) await tx.update(change(one, { touched: one.touched + 1 }));
          return next;
        },
        { on: Person },
      ),
    ];
  }
}

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine("memory:");
});
afterEach(() => engine.close());

const repoOf = (migrations: MigrationList, on: Engine = engine) =>
  new Repo({ engine: on, storageId: "execute", migrations });

async function fill(id: string, rows: number): Promise<Tenant> {
  const repo = repoOf([]);
  const tenant = await Tenant.openOrCreate(repo, id);
  const people = Array.from({ length: rows }, (_, n) => ({
    id: `p${String(n).padStart(4, "0")}`,
    name: `n${n}`,
  }));
  await repo.insertAll(Person, people, { tenant });
  return tenant;
}

const touched = async (id: string) => {
  const repo = repoOf([]);
  const tenant = await Tenant.open(repo, id);
  return (await repo.all(from(Person).scan(), { tenant })).map((one) => one.touched);
};
const times = (rows: number, count: number) => Array.from({ length: rows }, () => count);

test("a step that changes data runs batch after batch, with progress, and once", async () => {
  const tenant = await fill("acme", 35);
  const seen: MigrationProgress[] = [];
  const repo = repoOf([]);
  const list: MigrationList = [[1, Touch]];
  expect(await Migrator.up(repo, tenant, list, { onProgress: (step) => seen.push(step) })).toEqual([1]);
  expect(seen.map(({ rows, applied, source }) => [rows, applied, source])).toEqual([
    [10, false, "people"],
    [20, false, "people"],
    [30, false, "people"],
    [35, false, "people"],
    [35, true, null],
  ]);
  expect(await touched("acme")).toEqual(times(35, 1));
  expect(await Migrator.up(repo, tenant, [...list])).toEqual([]);
  expect(await touched("acme")).toEqual(times(35, 1));
});

test("one that was interrupted goes on with the batch behind the last that was committed", async () => {
  await fill("acme", 55);
  let fail = true;
  const cursors: unknown[] = [];
  class Fails extends Migration {
    change() {
      return [
        execute<number>(async (tx, cursor = 0) => {
          cursors.push(cursor);
          const rows = await tx.all(
            from(Person)
              .orderBy("id")
              .limit(cursor + 10),
          );
          for (const one of rows.slice(cursor)) await tx.update(change(one, { touched: one.touched + 1 }));
          if (fail && cursor === 30) throw new Error("out of power");
          return rows.length === cursor + 10 ? cursor + 10 : null;
        }),
      ];
    }
  }
  await expect(Tenant.open(repoOf([[1, Fails]]), "acme")).rejects.toThrow("out of power");
  fail = false;
  await Tenant.open(repoOf([[1, Fails]]), "acme");
  expect(cursors).toEqual([0, 10, 20, 30, 30, 40, 50]);
  expect(await touched("acme")).toEqual(times(55, 1));
});

test("its steps stand in the order of the commands: what was created before is there, what comes after is not", async () => {
  await fill("acme", 20);
  const found: unknown[] = [];
  class Mixed extends Migration {
    change() {
      const byName = from(Person).where({ name: "n7" });
      const look = (what: string) =>
        execute(
          async (tx) => {
            found.push([
              what,
              await tx.all(byName).then(
                (rows) => rows.length,
                (error) => error.code,
              ),
            ]);
          },
          { name: what },
        );
      return [look("before"), create(index(Person, ["name"])), look("behind")];
    }
  }
  await Tenant.open(repoOf([[1, Mixed]]), "acme");
  expect(found).toEqual([
    ["before", "unsupported_query"],
    ["behind", 1],
  ]);
});

test("many workers at one tenant, on a store that forgets whether it has committed, do each batch once", async () => {
  await fill("acme", 60);
  for (let seed = 1; seed <= 6; seed++) {
    const release = { [`Touch${seed}`]: class extends Touch {} }[`Touch${seed}`] as typeof Touch;
    const faulty = withFaults(engine, {
      seed,
      unknownCommitted: 0.1,
      unknownNotCommitted: 0.1,
      conflict: 0.1,
    });
    await Promise.all(
      [0, 1, 2].map(async () => {
        const repo = repoOf([], faulty);
        const tenant = await Tenant.open(repo, "acme");
        await Migrator.up(repo, tenant, [[seed, release]], { staleClaimMs: 50 });
      }),
    );
    expect([seed, await touched("acme")]).toEqual([seed, times(60, seed)]);
  }
});

describe("is refused", () => {
  const giving = (next: unknown) => {
    const bad = class Bad extends Migration {
      change() {
        return [execute<never>(async () => next as never)];
      }
    };
    return async () => {
      await fill("acme", 1);
      await Tenant.open(repoOf([[1, bad]]), "acme");
    };
  };
  test.each([
    ["a cursor that does not move", "same", /for ever/],
    ["a date", new Date(5), /cannot be stored/],
    ["a function", () => undefined, /cannot be stored/],
    ["a record of a class", Object.assign(Object.create({ a: 1 }), { b: 1 }), /cannot be stored/],
  ])("%s", async (_what, next, says) => {
    const error = (await giving(next)().catch((thrown: unknown) => thrown)) as {
      code: string;
      message: string;
    };
    expect([error.code, error.message]).toEqual(["migration_failed", expect.stringMatching(says)]);
  });

  test("what is no function, and an option that it does not know", () => {
    expect(() => execute(7 as never)).toThrow(/takes a function/);
    expect(() => execute(async () => null, { on: Person, batch: 1 } as never)).toThrow(/no option batch/);
    expect(() => execute(async () => null, { name: "" })).toThrow(/no option name/);
  });
});

test("a dry run prints the plan with the records that it would read, and does nothing", async () => {
  await fill("acme", 35);
  await fill("globex", 3);
  class Named extends Migration {
    change() {
      return [
        create(index(Person, ["name"], { unique: true })),
        ...new Touch().change(),
        execute(async () => null),
      ];
    }
  }
  const config = { repo: repoOf([[1, Named]]) };
  const ran = await plinth(["migrate", "--dry-run"], { config });
  expect([ran.code, ran.stdout.split("\n")]).toEqual([
    0,
    [
      "acme  1 Named",
      "  create unique index people_name_index on name, 35 rows of people",
      "  execute a step that changes data, 35 rows of people",
      "  execute a step that changes data, rows unknown",
      "globex  1 Named",
      "  create unique index people_name_index on name, 3 rows of people",
      "  execute a step that changes data, 3 rows of people",
      "  execute a step that changes data, rows unknown",
      "",
    ],
  ]);
  const [acme] = (await plinth(["migrate", "--dry-run", "--json", "-t", "acme"], { config })).json();
  expect(acme).toMatchObject({
    plan: [{ version: 1, commands: [{ action: "create", rows: 35 }, { rows: 35 }, { rows: null }] }],
  });
  expect(await touched("acme")).toEqual(times(35, 0));
  expect((await plinth(["migrate"], { config })).code).toBe(0);
  expect((await plinth(["migrate", "--dry-run", "-t", "acme"], { config })).stdout).toBe(
    "acme  up to date\n",
  );
  expect(await touched("acme")).toEqual(times(35, 1));
});

test("migrate --baseline notes the list where it disagrees, and applies nothing", async () => {
  await fill("acme", 5);
  await Tenant.open(
    repoOf([
      [1, Touch],
      [
        3,
        class Third extends Migration {
          change() {
            return [];
          }
        },
      ],
    ]),
    "acme",
  );
  const other = class Other extends Migration {
    change() {
      return [create(index(Person, ["touched"]))];
    }
  };
  const late = class Late extends Migration {
    change() {
      return [create(index(Person, ["name", "touched"]))];
    }
  };
  const config = {
    repo: repoOf([
      [1, other],
      [2, class Hole extends Touch {}],
      [
        3,
        class Third extends Migration {
          change() {
            return [];
          }
        },
      ],
      [4, late],
    ]),
  };
  const refused = await plinth(["migrate"], { config });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("migration_mismatch")]);
  const [status] = (await plinth(["status", "--json"], { config })).json();
  expect(status).toMatchObject({
    mismatches: [
      { version: 1, kind: "replaced" },
      { version: 2, kind: "hole" },
    ],
  });
  expect((await plinth(["migrate", "--baseline"], { config })).code).toBe(4);
  const noted = await plinth(["migrate", "--baseline", "--yes", "--json"], { config });
  expect(noted.json()).toEqual([{ tenant: "acme", noted: [1, 2] }]);
  const after = await plinth(["migrate", "--json"], { config });
  expect(after.json()).toMatchObject([{ tenant: "acme", applied: [4] }]);
  expect(await touched("acme")).toEqual(times(5, 1));
});
