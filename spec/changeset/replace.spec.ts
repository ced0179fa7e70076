import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  HasOne,
  index,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@Schema("houses")
class House {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @HasOne(() => Person, "nilOwnerId", { onReplace: "nilify" }) declare nilOne: HasOne<Person> | null;
  @HasOne(() => Person, "delOwnerId", { onReplace: "delete" }) declare delOne: HasOne<Person> | null;
  @HasOne(() => Person, "updOwnerId", { onReplace: "update" }) declare updOne: HasOne<Person> | null;
  @HasMany(() => Person, "nilManyId", { onReplace: "nilify" }) declare nilMany: HasMany<Person>;
  @HasMany(() => Person, "delManyId", { onReplace: "delete" }) declare delMany: HasMany<Person>;

  static changeset(house: House, params: unknown = {}) {
    return cast(house, params, ["id", "name"]);
  }
}

@Schema("persons")
class Person {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("string") declare nilOwnerId: string | null;
  @Field("string") declare delOwnerId: string | null;
  @Field("string") declare updOwnerId: string | null;
  @Field("string") declare updHomeId: string | null;
  @Field("string") declare nilManyId: string | null;
  @Field("string") declare delManyId: string | null;
  @Field("string") declare homeId: string | null;
  @Field("string") declare lentId: string | null;
  @BelongsTo(() => House, "homeId", { onReplace: "nilify" }) declare home: BelongsTo<House> | null;
  @BelongsTo(() => House, "lentId", { onReplace: "delete" }) declare lent: BelongsTo<House> | null;
  @BelongsTo(() => House, "updHomeId", { onReplace: "update" }) declare updHome: BelongsTo<House> | null;

  static changeset(person: Person, params: unknown = {}) {
    return cast(person, params, ["id", "name"]);
  }
}

class Indexes extends Migration {
  change() {
    return ["nilOwnerId", "delOwnerId", "updOwnerId", "nilManyId", "delManyId"].map((field) =>
      create(index(Person, [field as "name"])),
    );
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "replace", migrations: [[1, Indexes]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

const person = (id: string) => repo.getOrThrow(Person, id, { tenant });
const house = (id: string) => repo.getOrThrow(House, id, { tenant });

/** The ways in which a program or a form names the record that is to be there. */
const others = {
  "the record itself": async () => person("other"),
  "a changeset of it": async () => change(await person("other"), { name: "renamed" }),
} as const;
const own = {
  "the same object": (loaded: Person) => loaded,
  "the same row, read again": async () => person("own"),
  "a change of the same row, read again": async () => change(await person("own"), { name: "renamed" }),
  "attributes with its key": () => ({ id: "own", name: "renamed" }),
} as const;

describe.each([
  ["nilOne", "nilOwnerId", true],
  ["delOne", "delOwnerId", false],
] as const)("the one record of %s", (relation, key, kept) => {
  async function start() {
    await repo.insert(House, { id: "h" }, { tenant });
    await repo.insertAll(Person, [{ id: "own", [key]: "h" }, { id: "other" }], { tenant });
    return repo.preload(await house("h"), relation);
  }
  const owned = async () =>
    (await repo.all(from(Person).where({ [key]: "h" } as never), { tenant })).map(({ id }) => id);
  const expectReplaced = async (id: string) => {
    expect(await owned()).toEqual([id]);
    const before = await repo.get(Person, "own", { tenant });
    expect(before === null ? null : before[key]).toBeNull();
    expect(before !== null).toBe(kept);
  };

  test.each(Object.entries(others))("is replaced by another stored one, given as %s", async (_way, other) => {
    const updated = await repo.update(change(await start()).putAssoc(relation, (await other()) as never));
    await expectReplaced("other");
    expect((updated as never as Record<string, Person>)[relation]?.id).toBe("other");
  });

  test("is replaced by a new one, put or cast", async () => {
    await repo.update(change(await start()).putAssoc(relation, { id: "new" } as never));
    await expectReplaced("new");
    const loaded = await repo.preload(await house("h"), relation);
    await repo.update(cast(loaded, { [relation]: { id: "newer" } }, []).castAssoc(relation));
    expect(await owned()).toEqual(["newer"]);
  });

  test("goes without a successor", async () => {
    const updated = await repo.update(change(await start()).putAssoc(relation, null));
    expect((updated as never as Record<string, unknown>)[relation]).toBeNull();
    expect(await owned()).toEqual([]);
    expect((await repo.get(Person, "own", { tenant })) !== null).toBe(kept);
  });

  test.each(Object.entries(own))("stays when it is named as %s", async (_way, same) => {
    const loaded = await start();
    const given = await same((loaded as never as Record<string, Person>)[relation]!);
    await repo.update(change(loaded, { name: "new" }).putAssoc(relation, given as never));
    expect(await owned()).toEqual(["own"]);
    expect((await house("h")).name).toBe("new");
  });
});

describe.each([
  ["nilMany", "nilManyId", true],
  ["delMany", "delManyId", false],
] as const)("the records of %s", (relation, key, kept) => {
  async function start() {
    await repo.insert(House, { id: "h" }, { tenant });
    await repo.insertAll(Person, [{ id: "gone", [key]: "h" }, { id: "own", [key]: "h" }, { id: "other" }], {
      tenant,
    });
    return repo.preload(await house("h"), relation);
  }
  const owned = async () =>
    (await repo.all(from(Person).where({ [key]: "h" } as never), { tenant })).map(({ id }) => id);
  const loadedOwn = (loaded: unknown) =>
    (loaded as Record<string, Person[]>)[relation]!.find(({ id }) => id === "own")!;

  test.each(Object.entries(own))("stay when they are named as %s, others come and go", async (_way, same) => {
    const loaded = await start();
    const list = [await person("other"), await same(loadedOwn(loaded)), { id: "new" }];
    const changeset = change(loaded).putAssoc(relation, list as never);
    const ids = (records: unknown) => (records as Person[]).map(({ id }) => id);
    expect(ids(changeset.getAssoc(relation))).toEqual(["other", "own", "new"]);
    expect(ids((changeset.applyChanges() as never as Record<string, unknown>)[relation])).toEqual([
      "other",
      "own",
      "new",
    ]);
    const updated = await repo.update(changeset);
    expect(ids((updated as never as Record<string, unknown>)[relation])).toEqual(["other", "own", "new"]);
    expect(await owned()).toEqual(["new", "other", "own"]);
    expect((await repo.get(Person, "gone", { tenant })) !== null).toBe(kept);
  });

  test("that leave do not count as present", async () => {
    const loaded = await start();
    const emptied = change(loaded).putAssoc(relation, []);
    expect(emptied.validateRequired(relation).errors).toMatchObject([
      { field: relation, message: "can't be blank" },
    ]);
    expect(cast(loaded, { [relation]: [] }, []).castAssoc(relation, { required: true }).valid).toBe(false);
    const one = change(loaded).putAssoc(relation, [loadedOwn(loaded)]);
    expect(one.validateLength(relation, { is: 1 }).valid).toBe(true);
    expect(one.validateRequired(relation).valid).toBe(true);
    await repo.update(emptied);
    expect(await owned()).toEqual([]);
  });
});

describe.each([
  ["home", "homeId", true],
  ["lent", "lentId", false],
] as const)("the record that %s belongs to", (relation, key, kept) => {
  async function start() {
    await repo.insertAll(House, [{ id: "old" }, { id: "other" }], { tenant });
    await repo.insert(Person, { id: "p", [key]: "old" }, { tenant });
    return repo.preload(await person("p"), relation);
  }

  test("is exchanged for another stored one, a new one, or none", async () => {
    let current = await repo.update(change(await start()).putAssoc(relation, await house("other")));
    expect((await person("p"))[key]).toBe("other");
    expect((await repo.get(House, "old", { tenant })) !== null).toBe(kept);
    current = await repo.update(change(current).putAssoc(relation, { id: "new" }));
    expect((await person("p"))[key]).toBe("new");
    expect(await repo.get(House, "new", { tenant })).not.toBeNull();
    await repo.update(change(current).putAssoc(relation, null));
    expect((await person("p"))[key]).toBeNull();
  });

  test("stays when it is read again, and takes its changes", async () => {
    const loaded = await start();
    await repo.update(change(loaded).putAssoc(relation, change(await house("old"), { name: "renamed" })));
    expect((await person("p"))[key]).toBe("old");
    expect((await house("old")).name).toBe("renamed");
  });
});

describe("a to-one relation that is updated in place", () => {
  test("keeps its record and changes it, whether it is cast or put, and takes one where there is none", async () => {
    await repo.insert(House, { id: "h" }, { tenant });
    const empty = await repo.preload(await house("h"), "updOne");
    await repo.update(cast(empty, { updOne: { id: "own", name: "first" } }, []).castAssoc("updOne"));
    expect(await person("own")).toMatchObject({ updOwnerId: "h", name: "first" });
    const loaded = await repo.preload(await house("h"), "updOne");
    const updated = await repo.update(cast(loaded, { updOne: { name: "cast" } }, []).castAssoc("updOne"));
    expect((updated as never as { updOne: Person }).updOne).toMatchObject({ id: "own", name: "cast" });
    await repo.update(
      change(await repo.preload(await house("h"), "updOne")).putAssoc("updOne", { name: "put" }),
    );
    expect(await person("own")).toMatchObject({ updOwnerId: "h", name: "put" });
    expect(await repo.count(Person, { tenant })).toBe(1);
    const rekeyed = cast(
      await repo.preload(await house("h"), "updOne"),
      { updOne: { id: "other" } },
      [],
    ).castAssoc("updOne");
    await expect(repo.update(rekeyed)).rejects.toMatchObject({ code: "primary_key_change" });
  });

  test("does so for the record that it belongs to", async () => {
    await repo.insert(House, { id: "h" }, { tenant });
    await repo.insert(Person, { id: "p", updHomeId: "h" }, { tenant });
    const loaded = await repo.preload(await person("p"), "updHome");
    await repo.update(cast(loaded, { updHome: { name: "cast" } }, []).castAssoc("updHome"));
    expect(await house("h")).toMatchObject({ name: "cast" });
    expect(await person("p")).toMatchObject({ updHomeId: "h" });
    expect(await repo.count(House, { tenant })).toBe(1);
  });
});

describe("records that name each other", () => {
  test("are written in one tree to any depth, with keys that the store gives on the way", async () => {
    const params = { id: "h", nilMany: [{ id: "a", name: "A" }, { id: "b" }], nilOne: { id: "c" } };
    const changeset = cast(House, params, ["id"]).castAssoc("nilMany").castAssoc("nilOne");
    await repo.insert(changeset, { tenant });
    const read = await repo.preload(await house("h"), ["nilMany", "nilOne"]);
    expect([read.nilMany.map(({ id }) => id), read.nilOne?.id]).toEqual([["a", "b"], "c"]);
    const tree = change(Person, { id: "p" }).putAssoc(
      "home",
      change(House, { id: "h2" }).putAssoc("nilMany", [{ id: "d" }]),
    );
    await repo.insert(tree, { tenant });
    expect(await person("p")).toMatchObject({ homeId: "h2" });
    expect(await person("d")).toMatchObject({ nilManyId: "h2" });
  });
});
