import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { change } from "../../lib/changeset/index.js";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import { UniqueBuildError } from "../../lib/errors.js";
import { create, drop, index, Migration, type MigrationList, Migrator } from "../../lib/migration/index.js";
import { from, or } from "../../lib/query/index.js";
import { execute, Repo } from "../../lib/repo/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { plinth } from "../cli/support/run.js";

@Schema("people")
class Person {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare email: string;
}

class Unique extends Migration {
  change() {
    return [create(index(Person, ["email"], { unique: true })), create(index(Person, ["name"]))];
  }
}
let ran = 0;
class Later extends Migration {
  change() {
    return [
      create(index(Person, ["name", "email"])),
      execute(async () => {
        ran++;
      }),
    ];
  }
}
const release: MigrationList = [
  [1, Unique],
  [2, Later],
];

let engine: Engine;
let warned: string[];
beforeEach(async () => {
  engine = await openEngine("memory:");
  warned = [];
  ran = 0;
});
afterEach(() => engine.close());

const repoOf = (migrations: MigrationList) => {
  const nothing = () => undefined;
  const warn = (_facts: object, message: string) => warned.push(message);
  return new Repo({
    engine,
    storageId: "failed",
    migrations,
    logger: { debug: nothing, info: nothing, warn, error: nothing },
  });
};

/** Pairs of people with one address. */
async function twins(pairs: number): Promise<void> {
  const before = repoOf([]);
  const tenant = await Tenant.openOrCreate(before, "acme");
  for (let n = 0; n < pairs * 2; n += 500) {
    const people = Array.from({ length: Math.min(500, pairs * 2 - n) }, (_, k) => n + k);
    await before.insertAll(
      Person,
      people.map((k) => ({ id: `p${k}`, name: `n${k}`, email: `e${k % pairs}` })),
      { tenant },
    );
  }
}

test("a unique index over equal values does not keep the new release from what needs no unique index", async () => {
  await twins(3);
  const repo = repoOf(release);
  const tenant = await Tenant.open(repo, "acme");
  expect(warned).toEqual([expect.stringContaining("people_email_index")]);
  expect(ran).toBe(1);
  expect(await repo.all(from(Person).where({ name: "n1" }), { tenant })).toHaveLength(1);
  await repo.insert(Person, { id: "new", name: "new", email: "e1" }, { tenant });
  // What needs it says what became of it.
  const why = expect.stringMatching(
    /create\(index\(Person, \["email"\].*index "people_email_index" on \["email"\] could not be built.*\(p\d and p\d\).*--retry`/s,
  );
  const refusal = { code: "unsupported_query", message: why };
  await expect(repo.all(from(Person).where({ email: "e1" }), { tenant })).rejects.toMatchObject(refusal);
  const either = from(Person).where(or({ email: "e1" }, { id: "p1" }));
  await expect(repo.all(either, { tenant })).rejects.toMatchObject(refusal);
  await expect(repo.one(from(Person).orderBy({ email: "asc" }).limit(1), { tenant })).rejects.toMatchObject(
    refusal,
  );
  const twin = { id: "twin", name: "twin", email: "e1" };
  await expect(
    repo.insert(Person, twin, { tenant, onConflict: "nothing", conflictTarget: ["email"] }),
  ).rejects.toMatchObject(refusal);
  await expect(
    repo.insert(change(new Person(), twin).uniqueConstraint("email"), { tenant }),
  ).rejects.toMatchObject(refusal);
  const other = await repo.all(from(Person).where({ id: "p1", name: "n1" }), { tenant });
  expect(other).toHaveLength(1);
  await expect(
    repo.all(from(Person).where({ id: { gt: "p" }, name: { gt: "n" } }), { tenant }),
  ).rejects.toMatchObject({
    message: expect.not.stringContaining("could not be built"),
  });
  // Known now: opening it again says nothing and tries nothing.
  await Tenant.open(repo, "acme");
  expect(warned).toHaveLength(1);
});

test("status lists the index as failed with all duplicates, migrate says so, and --retry builds it", async () => {
  await twins(3);
  const config = { repo: repoOf(release), schemas: [Person] };
  const first = await plinth(["migrate"], { config });
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining("--retry")]);
  const [status] = (await plinth(["status", "--json"], { config })).json();
  expect(status).toMatchObject({
    outstanding: [{ version: 1, name: "Unique" }],
    failed: [
      {
        source: "people",
        name: "people_email_index",
        version: 1,
        duplicates: [
          [["p0"], ["p3"]],
          [["p1"], ["p4"]],
          [["p2"], ["p5"]],
        ],
      },
    ],
  });
  const shown = (await plinth(["status"], { config })).stdout;
  expect(shown).toMatch(/people_email_index .*failed/);
  expect(shown).toContain("p1 and p4");
  // Without --retry nothing is tried again, and the exit code stays.
  expect((await plinth(["migrate"], { config })).code).toBe(1);
  expect((await plinth(["migrate", "--retry"], { config })).code).toBe(1);
  const repo = repoOf([]);
  const tenant = await Tenant.open(repo, "acme");
  for (const id of ["p3", "p4", "p5"]) await repo.delete(await repo.getOrThrow(Person, id, { tenant }));
  expect((await plinth(["migrate", "--retry"], { config })).code).toBe(0);
  expect((await plinth(["status", "--json"], { config })).json()).toMatchObject([
    { failed: [], outstanding: [] },
  ]);
  await expect(
    repo.insert(Person, { id: "again", name: "n", email: "e1" }, { tenant }),
  ).rejects.toMatchObject({ code: "constraint_violated" });
  expect(ran).toBe(1);
});

test("a hundred pairs are enough to know", async () => {
  await twins(400);
  const error = await Migrator.up(repoOf([]), await Tenant.open(repoOf([]), "acme"), [[1, Unique]]).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UniqueBuildError);
  expect((error as UniqueBuildError).duplicates).toHaveLength(100);
});

test("a later migration that drops the index forgets that it failed, and one that makes it plain is built", async () => {
  await twins(2);
  const plain = class Plain extends Migration {
    change() {
      return [drop(index(Person, ["email"])), create(index(Person, ["email"]))];
    }
  };
  const repo = repoOf([...release, [3, plain]]);
  const tenant = await Tenant.open(repo, "acme");
  expect(await repo.all(from(Person).where({ email: "e1" }), { tenant })).toHaveLength(2);
  const [status] = (await plinth(["status", "--json"], { config: { repo } })).json();
  expect(status).toMatchObject({ failed: [] });
});

test("a migration of more than 255 stages goes on where it was", async () => {
  await twins(2);
  const calls: number[] = [];
  let failAt = 270;
  const steps = class Steps extends Migration {
    change() {
      return Array.from({ length: 300 }, (_, n) =>
        execute(
          async () => {
            if (n === failAt) throw new Error("stopped");
            calls.push(n);
          },
          { name: `step ${n}` },
        ),
      );
    }
  };
  const repo = repoOf([[1, steps]]);
  await expect(Tenant.open(repo, "acme")).rejects.toThrow("stopped");
  failAt = -1;
  await Tenant.open(repo, "acme");
  expect(calls).toEqual(Array.from({ length: 300 }, (_, n) => n));
});
