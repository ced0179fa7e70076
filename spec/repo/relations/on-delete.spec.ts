import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  CascadeTooLargeError,
  change,
  counter,
  create,
  drop,
  Field,
  from,
  HasMany,
  HasOne,
  index,
  Migration,
  MissingIndexError,
  Multi,
  metadata,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  SchemaError,
  StaleEntryError,
  Sync,
  Tenant,
  type Versionstamp,
  VersionstampPendingError,
} from "../../../lib/index.js";

@Schema("gardens")
class Garden {
  @PrimaryKey("id") declare id: number;
  @Field("integer", { default: 1 }) declare version: number | null;
  @HasMany(() => Bed, "gardenId", { onDelete: "deleteAll", onReplace: "delete" }) declare beds: HasMany<Bed>;
  @HasOne(() => Fence, "gardenId", { onDelete: "nilifyAll", onReplace: "delete" })
  declare fence: HasOne<Fence> | null;
  @HasMany(() => Visit, "gardenId") declare visits: HasMany<Visit>;
}

@Schema("beds")
class Bed {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare gardenId: number | null;
  @Field("string") declare name: string | null;
  @BelongsTo(() => Garden, "gardenId", { onReplace: "delete" }) declare garden: BelongsTo<Garden> | null;
  @HasMany(() => Plant, "bedId", { onDelete: "deleteAll" }) declare plants: HasMany<Plant>;
  @HasMany(() => Tool, "bedId", { onDelete: "nilifyAll" }) declare tools: HasMany<Tool>;
}

@Schema("plants")
class Plant {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare bedId: number;
  @Field("string") declare kind: string | null;
}

@Schema("tools")
class Tool {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare bedId: number | null;
}

@Schema("fences")
class Fence {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare gardenId: number | null;
  @Field("string") declare colour: string | null;
}

@Schema("visits")
class Visit {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare gardenId: number | null;
}

/** Each may lead to others, and back. */
@Schema("nodes")
class Node {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare parentId: number | null;
  @HasMany(() => Node, "parentId", { onDelete: "deleteAll", onReplace: "delete" })
  declare children: HasMany<Node>;
}

class Gardens extends Migration {
  change() {
    return [
      create(metadata(Garden)),
      create(index(Bed, ["gardenId", "name"])),
      create(metadata(Bed)),
      create(index(Plant, ["bedId"])),
      create(counter(Plant, ["bedId"])),
      create(metadata(Plant)),
      create(index(Tool, ["bedId"])),
      create(index(Fence, ["gardenId"], { unique: true })),
      create(metadata(Fence)),
      create(index(Visit, ["gardenId"])),
      create(index(Node, ["parentId"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "on-delete", migrations: [[1, Gardens]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

const schemas = [Garden, Bed, Plant, Tool, Fence, Visit] as const;
const ids = async () =>
  Promise.all(
    schemas.map(async (schema) => repo.all(from(schema as typeof Garden).select("id"), { tenant })),
  );

async function plant(): Promise<Garden> {
  await repo.insertAll(
    Garden,
    [
      {
        id: 1,
        beds: [
          { id: 1, plants: [{ id: 1 }, { id: 2 }], tools: [{ id: 1 }] },
          { id: 2, plants: [{ id: 3 }] },
        ],
        fence: { id: 1, colour: "red" },
        visits: [{ id: 1 }],
      },
      { id: 2, beds: [{ id: 3, plants: [{ id: 4 }], tools: [{ id: 2 }] }], fence: { id: 2 } },
    ],
    { tenant },
  );
  return repo.getOrThrow(Garden, 1, { tenant });
}

const planted = [[1, 2], [1, 2, 3], [1, 2, 3, 4], [1, 2], [1, 2], [1]];
const left = [[2], [3], [4], [1, 2], [1, 2], [1]];

describe("what goes with a record goes in its transaction", () => {
  const ways: Record<string, (garden: Garden) => Promise<unknown>> = {
    delete: (garden) => repo.delete(garden),
    "delete of a changeset": (garden) => repo.delete(change(garden)),
    tryDelete: (garden) => repo.tryDelete(garden),
    deleteIfExists: (garden) => repo.deleteIfExists(garden),
    deleteAll: () => repo.deleteAll(from(Garden).where({ id: 1 }), { tenant }),
    "deleteAll in batches": () => repo.deleteAll(from(Garden).where({ id: 1 }), { tenant, batch: 1 }),
    "in a transaction": (garden) => repo.transactional(tenant, () => repo.delete(garden)),
    "deleteAll in a transaction": () =>
      repo.transactional(tenant, () => repo.deleteAll(from(Garden).where({ id: 1 }))),
    "in a Multi": (garden) => repo.transactional(tenant, new Multi().delete("garden", garden)),
    "preloaded before": async (garden) => repo.delete(await repo.preload(garden, ["beds.plants", "fence"])),
    "as a parent that is replaced": async () => {
      const bed = await repo.preload(await repo.getOrThrow(Bed, 3, { tenant }), "garden");
      await repo.update(change(bed, { gardenId: 1 }));
      await repo.update(change(await repo.preload(bed, "garden"), { name: "moved" }));
      const moved = await repo.preload(await repo.getOrThrow(Bed, 3, { tenant }), "garden");
      expect(moved.garden).toMatchObject({ id: 1 });
      await repo.update(change(moved, { gardenId: 2 }));
      await repo.delete(await repo.getOrThrow(Garden, 1, { tenant }));
    },
  };

  test.each(Object.entries(ways))("%s", async (_way, remove) => {
    const garden = await plant();
    await remove(garden);
    expect(await ids()).toEqual(left);
    expect(await repo.get(Tool, 1, { tenant })).toMatchObject({ bedId: null });
    expect(await repo.get(Fence, 1, { tenant })).toMatchObject({ gardenId: null, colour: "red" });
    expect(await repo.get(Visit, 1, { tenant })).toMatchObject({ gardenId: 1 });
    // Indexes, unique values and counters have followed.
    expect(await repo.all(from(Plant).where({ bedId: 1 }), { tenant })).toEqual([]);
    expect(await repo.count(from(Plant).where({ bedId: 1 }), { tenant })).toBe(0);
    expect(await repo.count(from(Plant).where({ bedId: 3 }), { tenant })).toBe(1);
    await repo.insert(Fence, { id: 9, gardenId: 1 }, { tenant });
  });

  test("by a relation that lets a record go, or takes another", async () => {
    const garden = await repo.preload(await plant(), ["beds", "fence"]);
    const [first] = garden.beds;
    const updated = await repo.update(change(garden).putAssoc("beds", [first!, { id: 7 }]));
    expect(JSON.parse(JSON.stringify(updated)).beds).toMatchObject([{ id: 1 }, { id: 7 }]);
    expect(await ids()).toEqual([[1, 2], [1, 3, 7], [1, 2, 4], [1, 2], [1, 2], [1]]);
    await repo.update(change(updated).putAssoc("beds", []));
    expect(await ids()).toEqual([[1, 2], [3], [4], [1, 2], [1, 2], [1]]);
    expect(await repo.get(Tool, 1, { tenant })).toMatchObject({ bedId: null });
  });

  test("and the change log tells each of them", async () => {
    const garden = await plant();
    const sync = new Sync(repo);
    await using page = await sync.subscribe(tenant, {
      beds: sync.all(Bed),
      plants: sync.all(Plant),
      fences: sync.all(Fence),
    });
    const seen = page[Symbol.asyncIterator]();
    await seen.next();
    await repo.delete(garden);
    const { value } = await seen.next();
    const changes = value?.type === "change" ? value.changes : undefined;
    const told = (list: readonly { op: string; key: unknown }[] = []) => list.map(({ op, key }) => [op, key]);
    expect(told(changes?.beds as never).sort()).toEqual([
      ["delete", 1],
      ["delete", 2],
    ]);
    expect(told(changes?.plants as never)).toHaveLength(3);
    expect(told(changes?.fences as never)).toEqual([["update", 1]]);
    await sync.close();
  });
});

describe("nothing goes with a record", () => {
  test("that is not there", async () => {
    const garden = await plant();
    await repo.transactional(tenant, async (tx) => {
      // Only the row itself is removed, as another release would that knows no such relation.
      await tx.delete(garden);
      await tx.insert(Bed, { id: 8, gardenId: 1 });
    });
    const before = await ids();
    await expect(repo.delete(garden)).rejects.toThrow(StaleEntryError);
    expect(await repo.deleteIfExists(garden)).toBeNull();
    await repo.transactional(tenant, async () => {
      await expect(repo.delete(garden)).rejects.toThrow(StaleEntryError);
      expect(await repo.deleteIfExists(garden)).toBeNull();
    });
    expect(await ids()).toEqual(before);
  });

  test("whose optimistic lock differs", async () => {
    const garden = await plant();
    await repo.update(change(garden, { version: 1 }).optimisticLock("version"));
    await repo.update(change(await repo.getOrThrow(Garden, 1, { tenant }), { version: 5 }));
    for (const remove of [repo.delete.bind(repo), repo.deleteIfExists.bind(repo)]) {
      await expect(remove(change(garden).optimisticLock("version"))).rejects.toThrow(StaleEntryError);
      await repo.transactional(tenant, async () => {
        await expect(remove(change(garden).optimisticLock("version"))).rejects.toThrow(StaleEntryError);
      });
    }
    expect(await ids()).toEqual(planted);
    await repo.delete(change(await repo.getOrThrow(Garden, 1, { tenant })).optimisticLock("version"));
    expect(await ids()).toEqual(left);
  });

  test("in a part that fails", async () => {
    const garden = await plant();
    await repo.transactional(tenant, async () => {
      await repo
        .transactional(tenant, async () => {
          await repo.delete(garden);
          throw new Error("taken back");
        })
        .catch(() => {});
      expect(await repo.count(Bed)).toBe(3);
    });
    expect(await ids()).toEqual(planted);
  });

  test("of another tenant", async () => {
    const garden = await plant();
    const other = await Tenant.openEmpty(repo, "other");
    await repo.insert(Garden, { id: 1, beds: [{ id: 1 }] }, { tenant: other });
    await repo.delete(garden);
    expect(await repo.count(Bed, { tenant: other })).toBe(1);
    await expect(repo.delete(garden, { tenant: other })).rejects.toThrow(PlinthError);
    expect(await repo.count(Bed, { tenant: other })).toBe(1);
  });

  test("by a relation that says nothing of it, with noAssocConstraint for those that remain", async () => {
    const garden = await plant();
    const refused = await repo.tryDelete(change(garden).noAssocConstraint("visits"));
    expect(refused).toMatchObject({ ok: false });
    expect(await ids()).toEqual(planted);
    // Those that go with it are none that are left.
    expect(await repo.tryDelete(change(garden).noAssocConstraint("beds"))).toMatchObject({ ok: true });
  });
});

describe("records that lead to each other", () => {
  test("a circle ends", async () => {
    await repo.insertAll(
      Node,
      [
        { id: 1, parentId: 3 },
        { id: 2, parentId: 1 },
        { id: 3, parentId: 2 },
        { id: 4, parentId: 4 },
        { id: 5, parentId: null },
      ],
      { tenant },
    );
    await repo.delete(await repo.getOrThrow(Node, 2, { tenant }));
    await repo.delete(await repo.getOrThrow(Node, 4, { tenant }));
    expect(await repo.all(from(Node).select("id"), { tenant })).toEqual([5]);
  });

  test("deleteAll counts the rows of its query, whatever went with which", async () => {
    await repo.insertAll(
      Node,
      Array.from({ length: 30 }, (_, i) => ({ id: i, parentId: i === 0 ? null : Math.floor((i - 1) / 2) })),
      { tenant },
    );
    expect(await repo.deleteAll(from(Node).where({ id: { gte: 1, lte: 6 } }), { tenant })).toEqual({
      count: 6,
    });
    expect(await repo.all(from(Node).select("id"), { tenant })).toEqual([0]);
  });

  test("a chain is followed to its end", async () => {
    await repo.insertAll(
      Node,
      Array.from({ length: 200 }, (_, i) => ({ id: i, parentId: i === 0 ? null : i - 1 })),
      { tenant },
    );
    await repo.delete(await repo.getOrThrow(Node, 3, { tenant }));
    expect(await repo.all(from(Node).select("id"), { tenant })).toEqual([0, 1, 2]);
  });

  test("one that leaves a list with what it leads to, which leaves the list as well", async () => {
    await repo.insertAll(
      Node,
      [
        { id: 1, parentId: null },
        { id: 2, parentId: 1 },
        { id: 3, parentId: 1 },
      ],
      { tenant },
    );
    const root = await repo.preload(await repo.getOrThrow(Node, 1, { tenant }), "children");
    await repo.update(change(await repo.getOrThrow(Node, 3, { tenant }), { parentId: 2 }));
    await repo.update(change(root).putAssoc("children", []));
    expect(await repo.all(from(Node).select("id"), { tenant })).toEqual([1]);
  });
});

describe("calls beside each other in a transaction take effect in their order", () => {
  const beds = () => repo.all(from(Bed).select("id"), { tenant });
  const children: Record<string, (garden: Garden) => Promise<unknown>> = {
    insert: () => repo.insert(Bed, { id: 9, gardenId: 1, plants: [] }),
    "insert with children of its own": () => repo.insert(Bed, { id: 9, gardenId: 1, plants: [{ id: 9 }] }),
    insertAll: () => repo.insertAll(Bed, [{ id: 9, gardenId: 1 }]),
    "insertAll with children": () => repo.insertAll(Bed, [{ id: 9, gardenId: 1, plants: [{ id: 9 }] }]),
    "a parent's list": (garden) =>
      repo.update(
        change(Object.assign(Object.create(Object.getPrototypeOf(garden)), garden, { beds: [] })).putAssoc(
          "beds",
          [{ id: 9 }],
        ),
      ),
    updateAll: () => repo.updateAll(from(Bed).where({ gardenId: 2 }), { gardenId: 1 }),
  };
  const removes: Record<string, (garden: Garden) => Promise<unknown>> = {
    delete: (garden) => repo.delete(garden),
    deleteAll: () => repo.deleteAll(from(Garden).where({ id: 1 })),
  };
  const pairs = Object.keys(children).flatMap((child) =>
    Object.keys(removes).map((remove) => [child, remove] as const),
  );

  test.each(pairs)("%s, then %s", async (child, remove) => {
    const garden = await plant();
    await repo.transactional(tenant, () => Promise.all([children[child]!(garden), removes[remove]!(garden)]));
    expect(await beds()).toEqual(child === "updateAll" ? [] : [3]);
    expect(await repo.all(from(Plant).select("id"), { tenant })).toEqual(child === "updateAll" ? [] : [4]);
  });

  test.each(pairs)("not %s behind %s", async (child, remove) => {
    const garden = await plant();
    await repo.transactional(tenant, () => Promise.all([removes[remove]!(garden), children[child]!(garden)]));
    expect(await beds()).toEqual(child === "updateAll" ? [3] : [3, 9]);
  });

  test("also beside the delete that a list makes", async () => {
    const garden = await repo.preload(await plant(), "beds");
    const kept = garden.beds.filter(({ id }) => id !== 2);
    await repo.transactional(tenant, () =>
      Promise.all([
        repo.insert(Plant, { id: 20, bedId: 2 }),
        repo.update(change(garden).putAssoc("beds", kept)),
        repo.insert(Plant, { id: 21, bedId: 2 }),
      ]),
    );
    expect(await repo.all(from(Plant).select("id"), { tenant })).toEqual([1, 2, 4, 21]);
  });

  test("a child that is given to another record before does not go", async () => {
    const garden = await plant();
    const bed = await repo.getOrThrow(Bed, 1, { tenant });
    await repo.transactional(tenant, () =>
      Promise.all([repo.update(change(bed, { gardenId: 2 })), repo.delete(garden)]),
    );
    expect(await beds()).toEqual([1, 3]);
  });

  test("deletes of both ends", async () => {
    const garden = await plant();
    const bed = await repo.getOrThrow(Bed, 1, { tenant });
    await repo.transactional(tenant, () => Promise.all([repo.delete(bed), repo.delete(garden)]));
    expect(await beds()).toEqual([3]);
    const other = await repo.getOrThrow(Garden, 2, { tenant });
    const last = await repo.getOrThrow(Bed, 3, { tenant });
    const outcome = await repo.transactional(tenant, () =>
      Promise.allSettled([repo.delete(other), repo.delete(last)]),
    );
    expect(outcome.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(await beds()).toEqual([]);
  });
});

test("a child that has no key before the commit refuses the delete", async () => {
  @Schema("owners")
  class Owner {
    @PrimaryKey("id") declare id: number;
    @HasMany(() => Event, "ownerId", { onDelete: "deleteAll" }) declare events: HasMany<Event>;
  }
  @Schema("events")
  class Event {
    @PrimaryKey("versionstamp") declare id: Versionstamp;
    @Field("id") declare ownerId: number | null;
  }
  class Events extends Migration {
    change() {
      return [create(index(Event, ["ownerId"]))];
    }
  }
  await using store = new Repo({ url: "memory:", storageId: "pending", migrations: [[1, Events]] });
  const at = await Tenant.openEmpty(store, "t");
  const [one, two] = (await store.insertAll(Owner, [{ id: 1 }, { id: 2, events: [{}] }], { tenant: at }))
    .records;
  // Beside a key that waits for its commit, those of the very version that is read at are hidden, too.
  await store.insert(Owner, { id: 3 }, { tenant: at });
  await store.transactional(at, async () => {
    await store.transactional(at, () => store.insert(Event, { ownerId: 1 }));
    await expect(store.delete(one!)).rejects.toThrow(VersionstampPendingError);
    await store.delete(two!);
  });
  expect(await store.all(from(Event).select("ownerId"), { tenant: at })).toEqual([1]);
  await store.delete(one!);
  expect(await store.count(Event, { tenant: at })).toBe(0);
});

test("a child that another transaction adds meanwhile makes the delete conflict, and goes with it", async () => {
  const garden = await plant();
  let attempts = 0;
  await repo.transactional(tenant, async () => {
    attempts++;
    await repo.delete(garden);
    if (attempts === 1) {
      await repo.outside(() => repo.insert(Bed, { id: 50, gardenId: 1, plants: [{ id: 50 }] }, { tenant }));
    }
  });
  expect(attempts).toBe(2);
  expect(await ids()).toEqual(left);
});

describe("more than one transaction takes", () => {
  const many = (n: number) => Array.from({ length: n }, (_, i) => ({ id: 1_000 + i, bedId: 1 }));

  test("is refused with the count and the calls that do it, and nothing is deleted", async () => {
    const garden = await plant();
    await repo.insertAll(Plant, many(5_001), { tenant, batch: 1_000 });
    const error = (await repo
      .delete(await repo.getOrThrow(Bed, 1, { tenant }))
      .catch((e) => e)) as PlinthError;
    expect(error).toBeInstanceOf(CascadeTooLargeError);
    expect(error).toMatchObject({ code: "cascade_too_large", count: 5_003 });
    expect(error.message).toContain("5003");
    const call = "repo.deleteAll(from(Plant).where({ bedId: 1 }), { batch: 1000, tenant })";
    expect(error.message).toContain(call);
    await expect(repo.delete(garden)).rejects.toThrow(
      "repo.deleteAll(from(Bed).where({ gardenId: 1 }), { batch: 10, tenant })",
    );
    await expect(repo.deleteAll(Bed, { tenant })).rejects.toThrow(CascadeTooLargeError);
    await repo.transactional(tenant, async () => {
      await expect(repo.delete(garden)).rejects.toThrow(CascadeTooLargeError);
    });
    expect((await ids())[1]).toEqual([1, 2, 3]);
    expect(await repo.count(Plant, { tenant })).toBe(5_005);
    await repo.deleteAll(from(Plant).where({ bedId: 1 }), { batch: 1_000, tenant });
    await repo.delete(garden);
    expect(await ids()).toEqual(left);
  });

  test("and 5,000 are not", async () => {
    await plant();
    await repo.insertAll(Plant, many(4_997), { tenant, batch: 1_000 });
    await repo.delete(await repo.getOrThrow(Bed, 1, { tenant }));
    expect(await repo.count(Plant, { tenant })).toBe(2);
  });
});

describe("a relation that nothing can find the records of is refused", () => {
  @Schema("owners")
  class Owner {
    @PrimaryKey("id") declare id: number;
    @HasMany(() => Thing, "ownerId", { onDelete: "deleteAll" }) declare things: HasMany<Thing>;
  }
  @Schema("things")
  class Thing {
    @PrimaryKey("id") declare id: number;
    @Field("id") declare ownerId: number | null;
    @Field("string") declare name: string | null;
  }
  const line = 'create(index(Thing, ["ownerId"]))';
  const migrate = (...lists: (readonly ReturnType<typeof create>[])[]) =>
    lists.map((list, i) => {
      class Made extends Migration {
        change() {
          return list;
        }
      }
      return [i + 1, Made] as [number, typeof Made];
    });
  const made = (...lists: (readonly ReturnType<typeof create>[])[]) =>
    new Repo({ url: "memory:", storageId: "missing", migrations: migrate(...lists) });

  test("when the Repo is made, if its migrations name one of the schemas", () => {
    const wrong = [
      [[create(metadata(Owner))]],
      [[create(metadata(Owner)), create(index(Thing, ["name", "ownerId"]))]],
      [[create(metadata(Owner)), create(index(Thing, ["ownerId"], { where: { name: "x" } }))]],
      [[create(metadata(Owner)), create(index(Thing, ["ownerId"]))], [drop(index(Thing, ["ownerId"]))]],
    ];
    for (const lists of wrong) {
      expect(() => made(...lists)).toThrow(MissingIndexError);
      expect(() => made(...lists)).toThrow(line);
    }
    made([create(metadata(Owner)), create(index(Thing, ["ownerId", "name"]))]);
    made([create(metadata(Owner))], [create(index(Thing, ["ownerId"], { unique: true }))]);
  });

  test("at the first delete, if they do not, with or without records; nothing is deleted", async () => {
    await using bare = new Repo({ url: "memory:", storageId: "missing" });
    const there = await Tenant.openEmpty(bare, "t");
    await bare.insert(Owner, { id: 1 }, { tenant: there });
    const owner = await bare.getOrThrow(Owner, 1, { tenant: there });
    for (const remove of [
      () => bare.delete(owner),
      () => bare.deleteIfExists(owner),
      () => bare.deleteAll(Owner, { tenant: there }),
      () => bare.transactional(there, () => bare.delete(owner)),
    ]) {
      await expect(remove()).rejects.toThrow(MissingIndexError);
      await expect(remove()).rejects.toThrow(line);
    }
    expect(await bare.count(Owner, { tenant: there })).toBe(1);
  });
});

describe("options are checked while the class is defined", () => {
  const define = (decorate: unknown) => () => {
    class Sample {}
    (decorate as PropertyDecorator)(Sample.prototype, "related");
  };
  const any = HasMany as unknown as (...args: unknown[]) => unknown;
  const one = HasOne as unknown as (...args: unknown[]) => unknown;
  const belongs = BelongsTo as unknown as (...args: unknown[]) => unknown;
  const wrong: [string, unknown, RegExp][] = [
    ["a value", any(() => Bed, "gardenId", { onDelete: "cascade" }), /deleteAll.*cascade/],
    ["a value of hasOne", one(() => Bed, "gardenId", { onDelete: true }), /nilifyAll.*true/],
    ["null", any(() => Bed, "gardenId", { onDelete: null }), /onDelete/],
    ["a name", any(() => Bed, "gardenId", { ondelete: "deleteAll" }), /ondelete.*Did you mean "onDelete"/],
    ["a replacement", any(() => Bed, "gardenId", { onReplace: "remove" }), /onReplace.*remove/],
    ["no object", any(() => Bed, "gardenId", "deleteAll"), /object/],
    ["a parent's", belongs(() => Bed, "bedId", { onDelete: "deleteAll" }), /no option "onDelete"/],
  ];
  test.each(wrong)("%s", (_what, decorate, message) => {
    expect(define(decorate)).toThrow(SchemaError);
    expect(define(decorate)).toThrow(message);
  });

  test("a key that cannot be null is not let go, whichever class comes first", () => {
    const parent = () => {
      @Schema("parents")
      class Parent {
        @PrimaryKey("id") declare id: number;
        @HasMany(() => Child, "id", { onDelete: "nilifyAll" } as object) declare children: HasMany<Child>;
      }
      @Schema("children")
      class Child {
        @PrimaryKey("id") declare id: number;
      }
      return Parent;
    };
    expect(parent).toThrow(SchemaError);
    expect(parent).toThrow(/Parent.children .*Child.id cannot be null/s);
    const child = () => {
      @Schema("children")
      class Child {
        @PrimaryKey("id", { partitionBy: "parentId" }) declare id: number;
        @Field("id") declare parentId: number;
      }
      @Schema("parents")
      class Parent {
        @PrimaryKey("id") declare id: number;
        @HasMany(() => Child, "parentId", { onDelete: "nilifyAll" } as object)
        declare children: HasMany<Child>;
      }
      return Parent;
    };
    expect(child).toThrow(/Parent.children .*Child.parentId cannot be null/s);
  });
});
