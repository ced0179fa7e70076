import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import { MigrationError, MigrationMismatchError } from "../../lib/errors.js";
import { create, index, Migration, type MigrationList, metadata } from "../../lib/migration/index.js";
import { execute, Repo } from "../../lib/repo/index.js";
import { Field, PrimaryKey, Schema } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Sandbox } from "../../lib/testing/index.js";

@Schema("people")
class Person {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare email: string;
}

const named = (name: string, change: Migration["change"]) =>
  ({
    [name]: class extends Migration {
      change() {
        return change();
      }
    },
  })[name] as new () => Migration;
const Init = named("Init", () => [create(metadata(Person))]);
const AddName = named("AddName", () => [create(index(Person, ["name"]))]);
const AddEmail = named("AddEmail", () => [create(index(Person, ["email"]))]);

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine("memory:");
});
afterEach(() => engine.close());

const repoOf = (migrations: MigrationList, options = {}) =>
  new Repo({ engine, storageId: "identity", migrations, ...options });
const list = async (repo: Repo) => {
  const ids: string[] = [];
  for await (const id of Tenant.list(repo)) ids.push(id);
  return ids;
};

describe.each([0, 3])("a tenant with %d records, of which the list says otherwise", (rows) => {
  beforeEach(async () => {
    const before = repoOf([
      [1, Init],
      [2, AddName],
    ]);
    const tenant = await Tenant.openOrCreate(before, "acme");
    for (let n = 0; n < rows; n++) {
      await before.insert(Person, { id: `p${n}`, name: `n${n}`, email: `e${n}` }, { tenant });
    }
  });

  const differing: readonly (readonly [string, MigrationList, string, number])[] = [
    [
      "replaced",
      [
        [1, Init],
        [2, AddEmail],
        [3, AddName],
      ],
      "AddEmail",
      2,
    ],
    [
      "edited",
      [
        [1, Init],
        [2, named("AddName", () => [create(index(Person, ["name"], { unique: true }))])],
      ],
      "AddName",
      2,
    ],
    [
      "edited",
      [
        [1, Init],
        [2, named("AddName", () => [])],
      ],
      "AddName",
      2,
    ],
    [
      "hole",
      [
        [0, AddEmail],
        [1, Init],
        [2, AddName],
      ],
      "AddEmail",
      0,
    ],
  ];

  test.each(differing)(
    "%s: is refused with both names, and nothing is changed; allowed, it goes on",
    async (kind, migrations, listed, version) => {
      for (const open of [Tenant.open, Tenant.openOrCreate]) {
        const error = await open(repoOf(migrations), "acme").catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(MigrationMismatchError);
        expect(error).toMatchObject({
          code: "migration_mismatch",
          tenant: "acme",
          mismatches: [{ kind, listed, version }],
        });
        expect((error as Error).message).toContain(listed);
        expect((error as Error).message).toContain("--baseline");
      }
      await Tenant.open(
        repoOf([
          [1, Init],
          [2, AddName],
        ]),
        "acme",
      );
      await Tenant.open(repoOf(migrations, { allowMismatch: [kind] }), "acme");
    },
  );

  test("a class with another name (a minifier) and the same commands is the same migration", async () => {
    await Tenant.open(
      repoOf([
        [1, named("a", () => [create(metadata(Person))])],
        [2, named("b", () => [create(index(Person, ["name"]))])],
      ]),
      "acme",
    );
  });

  test("an older release, and one of another branch, find nothing to object to", async () => {
    await Tenant.open(
      repoOf([
        [1, Init],
        [2, AddName],
        [4, AddEmail],
      ]),
      "acme",
    );
    await Tenant.open(repoOf([[1, Init]]), "acme");
    await Tenant.open(
      repoOf([
        [1, Init],
        [3, named("Other", () => [])],
      ]),
      "acme",
    );
    await expect(
      Tenant.open(
        repoOf([
          [1, Init],
          [2, AddName],
          [3.5 - 0.5, named("Third", () => [create(index(Person, ["name", "email"]))])],
          [4, AddEmail],
        ]),
        "acme",
      ),
    ).rejects.toThrow(/version 3/);
  });
});

test("steps that change data are told apart by their names, else by the name of the class", async () => {
  const body = async () => undefined;
  await Tenant.create(repoOf([[1, named("Fill", () => [execute(body)])]]), "acme");
  await Tenant.open(repoOf([[1, named("Fill", () => [execute(body)])]]), "acme");
  await expect(Tenant.open(repoOf([[1, named("Drain", () => [execute(body)])]]), "acme")).rejects.toThrow(
    /Fill.*Drain/,
  );
  await Tenant.create(repoOf([[1, named("Fill", () => [execute(body, { name: "fill" })])]]), "other");
  await Tenant.open(repoOf([[1, named("a", () => [execute(body, { name: "fill" })])]]), "other");
});

describe("a creation whose migrations fail leaves no tenant", () => {
  class Broken extends Migration {
    change(): never {
      throw new Error("boom");
    }
  }
  class FailsLater extends Migration {
    change() {
      return [create(metadata(Person)), execute(async () => Promise.reject(new Error("boom")))];
    }
  }
  test.each([[Broken], [FailsLater]])("%p", async (broken) => {
    const repo = repoOf([
      [1, Init],
      [2, broken],
    ]);
    for (const make of [Tenant.create, Tenant.openOrCreate, Tenant.openEmpty]) {
      await expect(make(repo, "acme")).rejects.toThrow("boom");
      expect(await list(repo)).toEqual([]);
    }
    await expect(Sandbox.checkout(repo)).rejects.toThrow("boom");
    await expect(Sandbox.run(repo, async () => undefined)).rejects.toThrow("boom");
    await expect(
      new Repo({ engine, storageId: "identity", migrations: [[1, broken]], tenantId: "only" }).get(
        Person,
        "p",
      ),
    ).rejects.toThrow("boom");
    expect(await list(repo)).toEqual([]);
    await Tenant.create(repoOf([[1, Init]]), "acme");
    expect(await list(repo)).toEqual(["acme"]);
    // One that is there stays.
    await expect(Tenant.openOrCreate(repo, "acme")).rejects.toThrow("boom");
    expect(await list(repo)).toEqual(["acme"]);
  });

  test("and what another process has written into it meanwhile stays", async () => {
    const other = repoOf([]);
    class Beside extends Migration {
      change() {
        return [
          execute(async () => {
            const tenant = await Tenant.open(other, "acme");
            await other.insert(Person, { id: "p", name: "n", email: "e" }, { tenant });
            throw new Error("boom");
          }),
        ];
      }
    }
    await expect(Tenant.create(repoOf([[1, Beside]]), "acme")).rejects.toThrow("boom");
    expect(await list(other)).toEqual(["acme"]);
  });
});

describe("a list that cannot work is refused by new Repo", () => {
  class Empty extends Migration {
    change() {
      return [];
    }
  }
  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ["classes without versions", [Empty], /\[\[1, Empty\]\]/],
    ["a version that is text", [["1", Empty]], /text "1"/],
    ["a version that is a bigint", [[1n, Empty]], /version of Empty is 1/],
    ["a version that is NaN", [[Number.NaN, Empty]], /NaN/],
    ["a fraction", [[1.5, Empty]], /1\.5/],
    ["a negative version", [[-1, Empty]], /-1/],
    ["a module", [[1, { Empty }]], /object \(a module\?\) with Empty/],
    ["an instance", [[1, new Empty()]], /instance/],
    ["undefined", [[1, undefined]], /circular/],
    ["null", [[1, null]], /null/],
    ["another class", [[1, Date]], /extends Migration/],
    ["the base class", [[1, Migration]], /extends Migration/],
    ["pairs the wrong way round", [[Empty, 1]], /version of/],
    ["a hole in the list", [undefined], /undefined/],
  ];
  test.each(bad)("%s", (_what, migrations, says) => {
    const make = () => repoOf(migrations as MigrationList);
    expect(make).toThrow(MigrationError);
    expect(make).toThrow(says);
  });
});

test("a version twice is refused before a tenant is created", async () => {
  const repo = repoOf([
    [1, Init],
    [1, AddName],
  ]);
  await expect(Tenant.openOrCreate(repo, "acme")).rejects.toThrow(/Version 1 .*Init.*AddName/);
  expect(await list(repo)).toEqual([]);
});
