import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { Length, Max, ValidateBy } from "class-validator";
import {
  BelongsTo,
  build,
  cast,
  change,
  create,
  EngineError,
  Field,
  from,
  HasMany,
  HasOne,
  InsertedAt,
  InvalidChangesetError,
  index,
  Migration,
  OptionalFields,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  StaleEntryError,
  Tenant,
  UpdatedAt,
} from "../../lib/index.js";

@Schema("zoos")
class Zoo {
  declare readonly [OptionalFields]?: "version";
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string | null;
  @Field("integer", { default: 1 }) declare version: number;
  @Field("string", { virtual: true }) declare note: string | null;
  @HasMany(() => House, "zooId", { onReplace: "delete" }) declare houses: HasMany<House>;
  @HasOne(() => Gate, "zooId", { onReplace: "delete" }) declare gate: HasOne<Gate> | null;
  @HasMany(() => Gate, "zooId", { onReplace: "nilify" }) declare gates: HasMany<Gate>;
  @UpdatedAt({ type: "utc_datetime_usec" }) declare updatedAt: Date;
}

@Schema("houses")
class House {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") @Length(1, 50) declare zooId: string | null;
  @Field("integer") @Max(9) declare place: number;
  @Field("string") declare name: string | null;
  @BelongsTo(() => Zoo, "zooId", { onReplace: "delete" }) declare zoo: BelongsTo<Zoo> | null;
  @HasMany(() => Animal, "houseId", { onReplace: "nilify" }) declare animals: HasMany<Animal>;
  @InsertedAt() declare insertedAt: Date;
}

@Schema("animals")
class Animal {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string")
  @ValidateBy({
    name: "isNice",
    async: true,
    validator: { validate: async (value: unknown) => value !== "bad" },
  })
  declare name: string;
  @Field("binary_id") declare houseId: string | null;
  @Field("string") declare chip: string | null;
  @BelongsTo(() => House, "houseId") declare house: BelongsTo<House> | null;
  @HasOne(() => Tag, "animalId", { onReplace: "delete" }) declare tag: HasOne<Tag> | null;
}

@Schema("tags")
class Tag {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare text: string | null;
  @Field("binary_id") declare animalId: string | null;
  @BelongsTo(() => Animal, "animalId") declare animal: BelongsTo<Animal> | null;
}

@Schema("gates")
class Gate {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare zooId: string | null;
  @Field("integer") declare width: number;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(House, ["zooId", "place"], { unique: true })),
      create(index(Animal, ["houseId"])),
      create(index(Animal, ["chip"], { unique: true })),
      create(index(Tag, ["animalId"])),
      create(index(Gate, ["zooId"], { unique: true })),
      create(index(Zoo, ["name"], { unique: true })),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "graphs", migrations: [[1, Indexes]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

const counts = async () =>
  Promise.all([Zoo, House, Animal, Tag, Gate].map((schema) => repo.count(schema as typeof Zoo, { tenant })));
const nothing = [0, 0, 0, 0, 0];
const paths = ["gate", "houses.animals.tag"] as const;
const zooOf = async (id: string) => repo.preload(await repo.getOrThrow(Zoo, id, { tenant }), paths);
const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

const tagged = (name: string) => ({ name, tag: { text: name } });
const tree = () => ({
  name: "zoo",
  gate: { width: 3 },
  houses: [
    { place: 1, animals: [tagged("ape"), { name: "bat" }] },
    { place: 2, animals: [tagged("cat")] },
  ],
});
const builtTree = () =>
  build(Zoo, {
    name: "zoo",
    gate: build(Gate, { width: 3 }),
    houses: [
      build(House, {
        place: 1,
        animals: [
          build(Animal, { name: "ape", tag: build(Tag, { text: "ape" }) }),
          build(Animal, { name: "bat" }),
        ],
      }),
      build(House, { place: 2, animals: [build(Animal, { name: "cat", tag: build(Tag, { text: "cat" }) })] }),
    ],
  });
const { houses: _, ...trunk } = tree();

describe("a tree of new records is stored whole", () => {
  const ways: Record<string, () => Promise<unknown>> = {
    "of attributes": () => repo.insert(Zoo, tree(), { tenant }),
    "of built records": () => repo.insert(builtTree(), { tenant }),
    "of attributes in a built record": () => repo.insert(build(Zoo, tree()), { tenant }),
    "by insertAll": () => repo.insertAll(Zoo, [tree()], { tenant }),
    "in batches": () => repo.insertAll(Zoo, [builtTree()], { tenant, batch: 1 }),
    "in the data of a changeset": () => repo.insert(change(builtTree(), { version: 1 }), { tenant }),
    put: () =>
      repo.insert(
        change(Zoo, { name: "zoo" }).putAssoc("gate", { width: 3 }).putAssoc("houses", tree().houses),
        { tenant },
      ),
    "put as built records": () =>
      repo.insert(
        change(Zoo, { name: "zoo" })
          .putAssoc("gate", build(Gate, { width: 3 }))
          .putAssoc(
            "houses",
            (builtTree().houses as never as House[]).map((house) => house),
          ),
        { tenant },
      ),
    "put as changesets of built records": () =>
      repo.insert(
        change(Zoo, trunk as never).putAssoc(
          "houses",
          (builtTree().houses as never as House[]).map((house) => change(house)),
        ),
        { tenant },
      ),
    cast: () =>
      repo.insert(
        cast(Zoo, tree(), ["name"])
          .castAssoc("gate", { with: (gate, given) => cast(gate, given, ["width"]) })
          .castAssoc("houses", {
            with: (house, given) =>
              cast(house, given, ["place"]).castAssoc("animals", {
                with: (animal, one) =>
                  cast(animal, one, ["name"]).castAssoc("tag", {
                    with: (tag, text) => cast(tag, text, ["text"]),
                  }),
              }),
          }),
        { tenant },
      ),
    "cast, with the lowest levels put": () =>
      repo.insert(
        cast(Zoo, tree(), ["name"])
          .castAssoc("gate", { with: (gate, given) => cast(gate, given, ["width"]) })
          .castAssoc("houses", {
            with: (house, given) =>
              cast(house, given, ["place"]).putAssoc(
                "animals",
                (given as { animals: { name: string }[] }).animals,
              ),
          }),
        { tenant },
      ),
    "inside a transaction": () => repo.transactional(tenant, () => repo.insert(Zoo, tree())),
    "by a function of prepareChanges": () =>
      repo.insert(
        change(Zoo, { name: "zoo" })
          .putAssoc("gate", { width: 3 })
          .prepareChanges((changeset) => changeset.putAssoc("houses", tree().houses)),
        { tenant },
      ),
  };

  test.each(Object.entries(ways))("%s", async (_way, insert) => {
    await insert();
    expect(await counts()).toEqual([1, 2, 3, 2, 1]);
    const [zoo] = await repo.all(from(Zoo), { tenant });
    expect(json(await zooOf(zoo!.id))).toMatchObject({
      gate: { width: 3 },
      houses: [
        {
          place: 1,
          zooId: zoo!.id,
          animals: expect.arrayContaining([
            expect.objectContaining({ name: "ape", tag: expect.objectContaining({ text: "ape" }) }),
          ]),
        },
        { place: 2, animals: [{ name: "cat", tag: { text: "cat" } }] },
      ],
    });
  });

  test("parents of parents, and what else belongs to them", async () => {
    const tag = await repo.insert(
      Tag,
      {
        text: "x",
        animal: {
          name: "ape",
          house: { place: 1, animals: [tagged("bat")], zoo: { name: "z", gate: { width: 1 } } },
        },
      },
      { tenant },
    );
    expect(await counts()).toEqual([1, 1, 2, 2, 1]);
    const read = await repo.preload(tag, "animal.house.zoo");
    expect(read.animal?.house?.zoo?.name).toBe("z");
    await repo.insert(
      change(Tag).putAssoc("animal", { name: "cat", house: build(House, { place: 2, zoo: build(Zoo, {}) }) }),
      { tenant },
    );
    expect(await counts()).toEqual([2, 2, 3, 3, 1]);
  });

  test("the record that is returned shows all of it, with keys", async () => {
    const zoo = await repo.insert(Zoo, tree(), { tenant });
    expect(json(zoo)).toEqual({ ...json(await zooOf(zoo.id)), houses: expect.anything() });
    const houses = json(zoo).houses as { animals: unknown[] }[];
    expect(houses.map(({ animals }) => animals.length)).toEqual([2, 1]);
    const animal = await repo.insert(Animal, { name: "a", house: { place: 3, zoo } }, { tenant });
    const house = json(animal).house as Record<string, unknown>;
    expect(house).toMatchObject({ id: animal.houseId, zooId: zoo.id, zoo: { id: zoo.id } });
    const other = await repo.insert(
      Animal,
      { name: "b", house: await repo.getOrThrow(House, animal.houseId!, { tenant }) },
      { tenant },
    );
    expect(json(other).house).toMatchObject({ place: 3 });
  });

  test("what was given may change while it is written", async () => {
    const given = tree();
    const write = repo.insert(Zoo, given, { tenant });
    given.houses[0]!.animals[0]!.name = "other";
    const zoo = await write;
    expect(json(zoo).houses).toMatchObject([{ animals: [{ name: "ape" }, {}] }, {}]);
  });

  test("a stored parent that was set by hand is linked", async () => {
    const zoo = await repo.insert(Zoo, {}, { tenant });
    const house = build(House, { place: 1 }) as { zoo: unknown } & House;
    house.zoo = zoo as never;
    expect((await repo.insert(house, { tenant })).zooId).toBe(zoo.id);
    const other = build(House, { place: 2, zooId: "018f0000-0000-7000-8000-000000000000" }) as typeof house;
    other.zoo = zoo as never;
    await expect(repo.insert(other, { tenant })).rejects.toThrow(/both zooId and zoo/);
  });
});

describe("a graph that cannot be stored whole is refused, and nothing of it is stored", () => {
  const cycle = () => {
    const house = build(House, { place: 1 }) as House & { animals: unknown };
    house.animals = [build(Animal, { name: "a", house })] as never;
    return house;
  };
  const itself = () => {
    const given: Record<string, unknown> = { place: 1 };
    given.animals = [{ name: "a", house: given }];
    return given;
  };
  const refusals: Record<string, () => Promise<unknown>> = {
    "a circle of records": () => repo.insert(cycle(), { tenant }),
    "a circle of attributes": () => repo.insert(House, itself() as never, { tenant }),
    "a circle below": () => repo.insert(Zoo, { houses: [cycle()] }, { tenant }),
    "a circle that is put": () =>
      repo.transactional(tenant, () => repo.insert(change(Zoo).putAssoc("houses", [cycle()]))),
    "a circle in the data of a changeset": () => repo.insert(change(cycle()), { tenant }),
    "a circle through the record that it is put into": () => {
      const zoo = build(Zoo, {});
      return repo.transactional(tenant, () =>
        repo.insert(change(zoo).putAssoc("houses", [build(House, { place: 1, zoo })])),
      );
    },
    "more levels than the stack has": () => {
      let house: object = { place: 1 };
      for (let level = 0; level < 5_000; level++)
        house = { place: 1, animals: [{ name: "a", tag: { animal: { name: "b", house } } }] };
      return repo.insert(House, house as never, { tenant });
    },
    "more levels of changesets than the stack has": () => {
      let zoo = change(Zoo);
      for (let level = 0; level < 5_000; level++)
        zoo = change(Zoo).putAssoc("houses", [change(House, { place: 1 }).putAssoc("zoo", zoo)]);
      return repo.insert(zoo, { tenant });
    },
    "a child with a parent of its own": () =>
      repo.insert(Zoo, { houses: [{ place: 1, zoo: { name: "other" } }] }, { tenant }),
    "a stored child, levels below": async () => {
      const tag = await repo.insert(Tag, {}, { tenant });
      await repo.delete(await repo.getOrThrow(Tag, tag.id, { tenant }));
      return repo.insert(Zoo, { houses: [{ place: 1, animals: [{ name: "a", tag }] }] }, { tenant });
    },
    "an attribute that is none": () =>
      repo.insert(Zoo, { houses: [{ place: 1, animals: [{ nope: 1 } as never] }] }, { tenant }),
    "a record of another class": () =>
      repo.insert(Zoo, { houses: [{ place: 1, animals: [build(Tag, {}) as never] }] }, { tenant }),
    "no list": () =>
      repo.insert(Zoo, { houses: [{ place: 1, animals: { name: "a" } as never }] }, { tenant }),
    "a value that does not fit": () =>
      repo.insert(Zoo, { houses: [{ place: 1, animals: [{ name: 5 as never }] }] }, { tenant }),
    "a duplicate, levels below": () =>
      repo.insert(
        Zoo,
        {
          houses: [
            { place: 1, animals: [{ name: "a", chip: "1" }] },
            { place: 2, animals: [{ name: "b", chip: "1" }] },
          ],
        },
        { tenant },
      ),
  };

  test.each(Object.entries(refusals))("%s", async (_what, insert) => {
    await expect(insert()).rejects.toThrow(PlinthError);
    expect(await counts()).toEqual(nothing);
  });

  test("also by a caller that goes on", async () => {
    await repo.transactional(tenant, async () => {
      await repo.insert(Zoo, { name: "kept" });
      for (const insert of [
        refusals["a duplicate, levels below"]!,
        refusals["a child with a parent of its own"]!,
      ])
        await expect(insert()).rejects.toThrow(PlinthError);
    });
    expect(await counts()).toEqual([1, 0, 0, 0, 0]);
  });
});

describe("the rules of classes hold on every level", () => {
  const wrong = { place: 10, animals: [{ name: "ape" }] };
  const bad = { place: 1, animals: [{ name: "bad" }] };

  test.each([
    ["a rule", wrong, { houses: [{ place: ["must not be greater than 9"] }] }],
    ["an asynchronous rule", bad, { houses: [{ animals: [{ name: [expect.any(String)] }] }] }],
  ])("%s of a nested record", async (_kind, house, errors) => {
    const result = await repo.tryInsert(Zoo, { houses: [house] }, { tenant });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.changeset.traverseErrors()).toEqual(errors);
    const put = () => change(Zoo).putAssoc("houses", [house]);
    await expect(repo.insert(put(), { tenant })).rejects.toThrow(InvalidChangesetError);
    await expect(repo.insertAll(Zoo, [{}, { houses: [house] }], { tenant })).rejects.toThrow(
      InvalidChangesetError,
    );
    await expect(repo.insert(Tag, { animal: { name: "x", house } }, { tenant })).rejects.toThrow(
      InvalidChangesetError,
    );
    expect(await counts()).toEqual(nothing);
    const zoo = await repo.insert(Zoo, {}, { tenant });
    const loaded = await repo.preload(zoo, "houses");
    await expect(repo.update(change(loaded).putAssoc("houses", [house]))).rejects.toThrow(
      InvalidChangesetError,
    );
    expect(await counts()).toEqual([1, 0, 0, 0, 0]);
  });

  test("an asynchronous rule of a nested changeset is waited for", async () => {
    const validate = async () => ({ issues: [{ message: "is refused", path: ["name"] }] });
    const refusing = { "~standard": { version: 1, vendor: "spec", validate } } as const;
    const changeset = change(House, { place: 1 }).putAssoc("animals", [
      change(Animal, { name: "bad" }).validateSchema(refusing),
    ]);
    expect(changeset.pending).toBe(true);
    await expect(repo.insert(changeset, { tenant })).rejects.toThrow(InvalidChangesetError);
    expect((await changeset).traverseErrors()).toMatchObject({ animals: [{ name: [expect.any(String)] }] });
  });

  test("but not for a key that the record around it gives", async () => {
    await repo.insert(Zoo, { houses: [{ place: 1 }] }, { tenant });
    await repo.insert(House, { place: 1, zoo: {} }, { tenant });
    await expect(repo.insert(House, { place: 1 }, { tenant })).rejects.toThrow(InvalidChangesetError);
  });
});

test("an attempt that is made again gives the same ids and times, on every level", async () => {
  const attempts: unknown[] = [];
  const tag = change(Tag, { text: "x" }).prepareChanges(async (changeset, tx: Repo) => {
    const found = await Promise.all([tx.all(from(Zoo)), tx.all(from(House)), tx.all(from(Animal))]);
    attempts.push(json(found));
    if (attempts.length === 1) throw new EngineError(1020);
    return changeset;
  });
  const animals = [change(Animal, { name: "ape" }).putAssoc("tag", tag)];
  await repo.insert(
    change(Zoo).putAssoc("houses", [change(House, { place: 1 }).putAssoc("animals", animals)]),
    { tenant },
  );
  expect(await counts()).toEqual([1, 1, 1, 1, 0]);
  expect(attempts).toHaveLength(2);
  expect(attempts[1]).toEqual(attempts[0]);
});

describe("what leaves goes before what comes", () => {
  const start = async () => {
    const zoo = await repo.insert(
      Zoo,
      {
        name: "zoo",
        gate: { width: 1 },
        houses: [
          { place: 1, name: "a", animals: [{ name: "x", chip: "1" }] },
          { place: 2, name: "b", animals: [{ name: "y", chip: "2" }] },
        ],
      },
      { tenant },
    );
    return zooOf(zoo.id);
  };
  const places = async () =>
    (await repo.all(from(House).orderBy("place"), { tenant })).map(({ place, name }) => `${place}${name}`);

  test("a new child takes the place of one that is deleted, whatever the order", async () => {
    const zoo = await start();
    const [a, b] = zoo.houses;
    const updated = await repo.update(
      change(zoo).putAssoc("houses", [{ place: 1, name: "c" }, change(b!, { name: "B" })]),
    );
    expect(await places()).toEqual(["1c", "2B"]);
    expect(json(updated).houses).toMatchObject([{ name: "c" }, { name: "B" }]);
    expect(a).toBeDefined();
  });

  test("a kept child moves there, and a new one takes its own", async () => {
    const zoo = await start();
    const b = zoo.houses.find(({ name }) => name === "b")!;
    await repo.update(change(zoo).putAssoc("houses", [{ place: 2, name: "n" }, change(b, { place: 1 })]));
    expect(await places()).toEqual(["1b", "2n"]);
  });

  test("on other levels and in other branches, too", async () => {
    const zoo = await start();
    const [a, b] = zoo.houses;
    const withY = change(zoo).putAssoc("houses", [
      change(a!).putAssoc("animals", [
        { name: "new", chip: "2" },
        ...a!.animals.map((one) => change(one, { chip: "3" })),
      ]),
      change(b!).putAssoc("animals", [{ name: "newer", chip: "1" }]),
    ]);
    await expect(repo.update(withY)).rejects.toThrow(PlinthError);
    const y = (await repo.all(from(Animal), { tenant })).find(({ name }) => name === "y");
    expect(y).toMatchObject({ houseId: b!.id, chip: "2" });
    await repo.update(
      change(zoo).putAssoc("houses", [
        change(a!).putAssoc("animals", [
          { name: "new", chip: "9" },
          ...a!.animals.map((one) => change(one, { chip: "3" })),
        ]),
        change(b!).putAssoc("animals", [{ name: "newer", chip: "1" }]),
      ]),
    );
    const animals = await repo.all(from(Animal), { tenant });
    expect(animals.map(({ name, chip, houseId }) => [name, chip, houseId]).sort()).toEqual(
      [
        ["new", "9", a!.id],
        ["x", "3", a!.id],
        ["newer", "1", b!.id],
        ["y", "2", null],
      ].sort(),
    );
  });

  test("a list moves by one, whatever the order, and two rows swap their values", async () => {
    const zoo = await start();
    const moved = (by: (place: number) => number) =>
      [...zoo.houses].map((house) => change(house, { place: by(house.place) }));
    const first = { place: 1, name: "first" };
    const up = moved((place) => place + 1).map((one) => one.uniqueConstraint(["zooId", "place"]));
    await repo.update(change(zoo).putAssoc("houses", [first, up[0]!, up[1]!]));
    expect(await places()).toEqual(["1first", "2a", "3b"]);
    const now = await zooOf(zoo.id);
    const down = now.houses
      .filter(({ name }) => name !== "first")
      .map((house) => change(house, { place: house.place - 1 }));
    await repo.update(change(now).putAssoc("houses", [down[1]!, down[0]!]));
    expect(await places()).toEqual(["1a", "2b"]);
    const last = await zooOf(zoo.id);
    const swap = last.houses.map((house) => change(house, { place: 3 - house.place }));
    await repo.update(change(last).putAssoc("houses", swap));
    expect(await places()).toEqual(["1b", "2a"]);
    const equal = (await zooOf(zoo.id)).houses.map((house) =>
      change(house, { place: 7 }).uniqueConstraint(["zooId", "place"]),
    );
    const refused = await repo.tryUpdate(change(await zooOf(zoo.id)).putAssoc("houses", equal));
    expect(refused).toMatchObject({
      ok: false,
      changeset: { data: { zooId: zoo.id }, errors: [{ field: "zooId" }] },
    });
    expect(await places()).toEqual(["1b", "2a"]);
  });

  test("a row that leaves two relations", async () => {
    const { id } = await repo.insert(Zoo, { gate: { width: 1 } }, { tenant });
    const zoo = await repo.preload(await repo.getOrThrow(Zoo, id, { tenant }), ["gate", "gates"]);
    const updated = await repo.update(change(zoo).putAssoc("gates", []).putAssoc("gate", { width: 2 }));
    expect(json(updated)).toMatchObject({ gate: { width: 2 } });
    expect(await repo.all(from(Gate), { tenant })).toMatchObject([{ width: 2, zooId: id }]);
  });

  test("a parent that is replaced", async () => {
    const zoo = await repo.insert(Zoo, { name: "taken" }, { tenant });
    const house = await repo.insert(House, { place: 1, zoo }, { tenant });
    const loaded = await repo.preload(house, "zoo");
    const updated = await repo.update(change(loaded).putAssoc("zoo", { name: "taken" }));
    expect(json(updated).zoo).toMatchObject({ id: updated.zooId, name: "taken" });
    expect(updated.zooId).not.toBe(zoo.id);
    expect(await counts()).toEqual([1, 1, 0, 0, 0]);
  });

  test("a duplicate is refused still", async () => {
    const zoo = await start();
    await expect(
      repo.update(
        change(zoo).putAssoc("houses", [
          { place: 5, name: "c" },
          { place: 5, name: "d" },
        ]),
      ),
    ).rejects.toThrow(PlinthError);
    expect(await places()).toEqual(["1a", "2b"]);
  });
});

describe("an optimistic lock is that of the whole update", () => {
  const edits: Record<string, (zoo: Zoo, n: number) => unknown> = {
    "a child that is added": (zoo, n) =>
      change(zoo).putAssoc("houses", [...(zoo as never as { houses: House[] }).houses, { place: n }]),
    "all children that go": (zoo) => change(zoo).putAssoc("houses", []),
    "a grandchild": (zoo, n) => {
      const [house] = (zoo as never as { houses: (House & { animals: Animal[] })[] }).houses;
      return change(zoo).putAssoc("houses", [
        change(house!).putAssoc("animals", [change(house!.animals[0]!, { name: `n${n}` })]),
      ]);
    },
    "the one of a hasOne": (zoo, n) => change(zoo).putAssoc("gate", { width: n }),
    "a relation and a virtual field": (zoo, n) => change(zoo, { note: "x" }).putAssoc("gate", { width: n }),
  };

  test.each(Object.entries(edits))("%s", async (_what, edit) => {
    const { id } = await repo.insert(
      Zoo,
      { gate: { width: 1 }, houses: [{ place: 1, animals: [{ name: "ape" }] }] },
      { tenant },
    );
    const [a, b] = [await zooOf(id), await zooOf(id)];
    const locked = (zoo: Zoo, n: number) =>
      repo.update((edit(zoo, n) as ReturnType<typeof change<Zoo>>).optimisticLock("version"));
    const first = await locked(a, 5);
    expect(first).toMatchObject({ version: 2 });
    expect(await repo.getOrThrow(Zoo, id, { tenant })).toMatchObject({ version: 2 });
    const before = json(await zooOf(id));
    await expect(locked(b, 6)).rejects.toThrow(StaleEntryError);
    await repo.transactional(tenant, async () => {
      await expect(locked(b, 7)).rejects.toThrow(StaleEntryError);
    });
    expect(json(await zooOf(id))).toEqual(before);
  });

  test("a record without changes is not written", async () => {
    const zoo = await repo.insert(Zoo, {}, { tenant });
    const same = await repo.update(change(zoo).optimisticLock("version"));
    expect(same.version).toBe(1);
  });
});

describe("the record that an update returns shows its relations as they are", () => {
  const start = async () => {
    const { id } = await repo.insert(Zoo, tree(), { tenant });
    return zooOf(id);
  };

  test("emptied ones, also when its own fields change", async () => {
    const zoo = await start();
    const updated = await repo.update(
      change(zoo, { name: "new" }).putAssoc("gate", null).putAssoc("houses", []),
    );
    expect(json(updated)).toMatchObject({ name: "new", gate: null, houses: [] });
  });

  test("parts of them that change, and those that do not", async () => {
    const zoo = await start();
    const [a, b] = zoo.houses;
    const updated = await repo.update(
      change(zoo).putAssoc("houses", [change(a!).putAssoc("animals", [{ name: "dog" }]), b!]),
    );
    expect(json(updated)).toEqual({
      ...json(await zooOf(zoo.id)),
      houses: [
        {
          ...json(await repo.getOrThrow(House, a!.id, { tenant })),
          animals: [expect.objectContaining({ name: "dog" })],
        },
        json(b),
      ],
    });
  });

  test("a parent that was left by its key is shown no longer", async () => {
    const { houses } = await start();
    const house = await repo.preload(await repo.getOrThrow(House, houses[0]!.id, { tenant }), "zoo");
    const other = await repo.insert(Zoo, { name: "other" }, { tenant });
    expect(json(await repo.update(change(house, { name: "x" }))).zoo).toMatchObject({ name: "zoo" });
    expect(json(await repo.update(change(house, { zooId: other.id }))).zoo).toBeUndefined();
    expect(json(await repo.update(change(house, { zooId: null }))).zoo).toBeNull();
    const changed = await repo.update(change(house).putAssoc("zoo", change(other, { name: "another" })));
    expect(json(changed)).toMatchObject({ zooId: other.id, zoo: { name: "another" } });
  });

  test("records that were never stored are replaced without a trace", async () => {
    const zoo = build(Zoo, { gate: build(Gate, { width: 1 }), houses: [build(House, { place: 1 })] });
    const changeset = change(zoo)
      .putAssoc("gate", { width: 2 })
      .putAssoc("houses", [{ place: 2 }]);
    expect(json(await repo.insert(changeset, { tenant }))).toMatchObject({
      gate: { width: 2 },
      houses: [{ place: 2 }],
    });
    expect(await counts()).toEqual([1, 1, 0, 0, 1]);
  });
});
