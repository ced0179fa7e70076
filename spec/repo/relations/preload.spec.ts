import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../../lib/engine/index.js";
import {
  assoc,
  BelongsTo,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  HasOne,
  InvalidOptionsError,
  InvalidQueryError,
  index,
  isLoaded,
  ManyToMany,
  Migration,
  OptionalFields,
  PrimaryKey,
  Repo,
  resetFields,
  Schema,
  SchemaError,
  schemaOf,
  Tenant,
  UnknownFieldError,
  UnsupportedQueryError,
} from "../../../lib/index.js";
import { countWork } from "../count-work.js";

@Schema("shops")
class Shop {
  declare readonly [OptionalFields]?: "state";
  @PrimaryKey("string") declare id: string;
  @Field("string", { default: "open" }) declare state: string;
  @HasMany(() => Offer, "shopId", { preloadOrder: { rank: "desc" } }) declare offers: HasMany<Offer>;
  @HasMany(() => Offer, "shopId", { where: { state: "sold" }, defaults: { state: "sold" } })
  declare sold: HasMany<Offer>;
  @HasOne(() => Offer, "shopId", {
    where: { state: { ne: "sold" } },
    preloadOrder: "rank",
    defaults: (given, owner: Shop) => ({ name: `${owner.id} ${given.rank ?? "new"}` }),
  })
  declare first: HasOne<Offer>;
  @HasMany(() => Tag, { through: ["offers", "tags"] }) declare tags: HasMany<Tag>;

  static changeset(shop: Shop, params: unknown = {}) {
    return cast(shop, params, ["id"]).castAssoc("sold");
  }
}

@Schema("offers")
class Offer {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shopId: string | null;
  @BelongsTo(() => Shop, "shopId", { where: { state: "open" } }) declare shop: BelongsTo<Shop>;
  @Field("integer") declare rank: number | null;
  @Field("string") declare state: string | null;
  @Field("string") declare name: string | null;
  @HasMany(() => Label, "offerId") declare labels: HasMany<Label>;
  @ManyToMany(() => Tag, {
    through: () => Label,
    onReplace: "delete",
    unique: true,
    joinWhere: { kind: "shown" },
    joinDefaults: { kind: "shown" },
  })
  declare tags: ManyToMany<Tag>;

  static changeset(offer: Offer, params: unknown = {}) {
    return cast(offer, params, ["id", "rank", "state"]);
  }
}

@Schema("labels")
class Label {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare offerId: string | null;
  @Field("string") declare tagId: string | null;
  @Field("string") declare kind: string | null;
  @BelongsTo(() => Offer, "offerId") declare offer: BelongsTo<Offer>;
  @BelongsTo(() => Tag, "tagId") declare tag: BelongsTo<Tag>;
}

@Schema("tags")
class Tag {
  @PrimaryKey("string") declare id: string;
}

class Market extends Migration {
  change() {
    return [
      create(index(Offer, ["shopId", "rank"])),
      create(index(Offer, ["shopId", "state", "rank"])),
      create(index(Label, ["offerId", "kind", "tagId"])),
    ];
  }
}

const PARENTS = 100;
const counting = countWork(await openEngine("memory:"));
const repo = new Repo({ engine: counting.engine, storageId: "market", migrations: [[1, Market]] });
let tenant: Tenant;
let shops: Shop[];
let a: Shop;
beforeAll(async () => {
  tenant = await Tenant.openEmpty(repo, "market");
  const ids = Array.from({ length: PARENTS }, (_, i) => `s${String(i).padStart(3, "0")}`);
  await repo.insertAll(Shop, [...ids.map((id) => ({ id })), { id: "shut", state: "shut" }], { tenant });
  const states = ["new", "sold", "new", "sold", "new"];
  const offers = ids.flatMap((shopId) =>
    states.map((state, rank) => ({ id: `${shopId}-${rank}`, shopId, rank, state })),
  );
  await repo.insertAll(Offer, [...offers, { id: "of shut", shopId: "shut", rank: 1 }], { tenant });
  await repo.insertAll(
    Tag,
    ["red", "green", "blue"].map((id) => ({ id })),
    { tenant },
  );
  const labels = [
    ["s000-0", "red", "shown"],
    ["s000-0", "blue", "hidden"],
    ["s000-0", "green", "shown"],
    ["s000-0", "gone", "shown"],
    ["s000-1", "red", "shown"],
    ["s000-1", "blue", "shown"],
  ].map(([offerId, tagId, kind]) => ({ offerId: offerId!, tagId: tagId!, kind: kind! }));
  await repo.insertAll(Label, labels, { tenant });
  shops = await repo.all(from(Shop).where({ state: "open" }).scan(), { tenant });
  a = shops[0]!;
});
afterAll(async () => {
  await repo.close();
  await counting.engine.close();
});

const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

describe("a preload by a query", () => {
  test("has a limit that holds for each parent, and reads no more rows than that", async () => {
    const newest = from(Offer).orderBy({ rank: "desc" }).limit(2);
    let loaded: readonly { readonly id: string; readonly offers: readonly Offer[] }[] = [];
    const work = await counting.measure(async () => {
      loaded = await repo.preload(shops, { offers: newest });
    });
    expect(loaded).toHaveLength(PARENTS);
    for (const shop of loaded) expect(ids(shop.offers)).toEqual([`${shop.id}-4`, `${shop.id}-3`]);
    expect(work).toMatchObject({ rangeReads: PARENTS, keys: PARENTS * 2, pointReads: PARENTS * 2 });
  });

  test("has conditions, filters and an order for all parents in one piece", async () => {
    const some = shops.slice(0, 3);
    const sold = from(Offer).where({ state: "sold" }).orderBy({ rank: "desc" });
    const loaded = await repo.preload(some, { offers: sold });
    expect(loaded.map(({ offers }) => ids(offers))).toEqual(some.map(({ id }) => [`${id}-3`, `${id}-1`]));
    const odd = from(Offer).filter(({ rank }) => rank! % 2 === 1, []);
    expect(ids((await repo.preload(a, { offers: odd })).offers)).toEqual(["s000-3", "s000-1"]);
    const last = await repo.preload(a, { offers: from(Offer).orderBy("rank").last() });
    expect(ids(last.offers)).toEqual(["s000-4"]);
  });

  test("goes on below: by its own preloads, by a tree, by paths", async () => {
    const one = from(Offer).orderBy("rank").limit(1);
    const byQuery = await repo.preload(a, { offers: one.preload("labels.tag") });
    const byTree = await repo.preload(a, { offers: [one, { labels: { tag: true } }] });
    const byPath = await repo.preload(a, { offers: [one, "labels.tag"] });
    const shown = [byQuery, byTree, byPath].map(({ offers: [offer] }) =>
      offer!.labels.map(({ tag }) => tag?.id ?? null).toSorted(),
    );
    expect(shown[0]).toEqual(["blue", "green", "red", null].toSorted());
    expect(shown).toEqual([shown[0], shown[0], shown[0]]);
    const query = from(Shop).where({ id: "s000" }).preload({ offers: one }).preload("offers.labels");
    const [queried] = await repo.all(query, { tenant });
    expect([ids(queried!.offers), queried!.offers[0]!.labels.length]).toEqual([["s000-0"], 4]);
    expect((await repo.explain(query, { tenant })).preload).toEqual(["offers.labels"]);
  });

  test("on a parent, many to many and a way through others", async () => {
    const offers = await repo.all(from(Offer).where({ shopId: { in: ["s000", "shut"] }, rank: 1 }), {
      tenant,
    });
    const some = await repo.preload(offers, { shop: from(Shop).where({ id: { ne: "s001" } }) });
    expect(some.map(({ shop }) => shop?.id ?? null)).toEqual(["s000", null]);
    const none = await repo.preload(offers, { shop: from(Shop).limit(0) });
    expect(none.map(({ shop }) => shop)).toEqual([null, null]);

    const [zero, first] = await repo.all(from(Offer).where({ id: { in: ["s000-0", "s000-1"] } }), { tenant });
    let tagged: readonly { readonly tags: readonly Tag[] }[] = [];
    const work = await counting.measure(async () => {
      tagged = await repo.preload([zero!, first!], { tags: from(Tag).limit(1) });
    });
    // The first tag of one of them is gone, so that one more is read.
    expect(tagged.map(({ tags }) => ids(tags))).toEqual([["green"], ["blue"]]);
    expect(work.pointReads).toBe(3);
    await expect(repo.preload(zero!, { tags: from(Tag).orderBy("id").limit(1) })).rejects.toThrow(
      UnsupportedQueryError,
    );
    const scanned = await repo.preload(zero!, { tags: from(Tag).orderBy({ id: "desc" }).limit(1).scan() });
    expect(ids(scanned.tags)).toEqual(["red"]);

    await expect(repo.preload(a, { tags: from(Tag).limit(1) })).rejects.toThrow(/goes through/);
    const through = await repo.preload(a, {
      tags: from(Tag)
        .where({ id: { ne: "red" } })
        .orderBy("id"),
    });
    expect(ids(through.tags)).toEqual(["blue", "green"]);
  });

  test("of a relation without an index, or on other rows, is refused", async () => {
    const words = (tree: object) => repo.preload(a, tree as never);
    await expect(words({ offers: from(Tag) })).rejects.toThrow(/leads to Offer/);
    await expect(words({ offers: from("offers") })).rejects.toThrow(/is on "offers"/);
    await expect(words({ offers: from(Offer).select("id") })).rejects.toThrow(/whole records/);
    await expect(words({ offers: from(Offer).after("x" as never) })).rejects.toThrow(/cursor/);
    await expect(words({ offers: false })).rejects.toThrow(InvalidOptionsError);
    await expect(words({ offers: 3 })).rejects.toThrow(InvalidOptionsError);
    await expect(words({ nothing: true })).rejects.toThrow(UnknownFieldError);
    await expect(words({ tags: () => [] })).rejects.toThrow(/goes through/);
    await expect(words([{ offers: from(Offer).limit(1) }, { offers: from(Offer).limit(2) }])).rejects.toThrow(
      /in two ways/,
    );
    await expect(repo.preload(a, { offers: from(Offer).orderBy("name").limit(1) })).rejects.toThrow(
      /create\(index\(Offer/,
    );
    await expect(repo.preload(a, "offers", { force: 1 } as never)).rejects.toThrow(InvalidOptionsError);
    expect(() => from(Shop).preload({ offers: from(Tag) } as never)).toThrow(InvalidQueryError);
    expect(() => from(Shop).select("id").preload({ offers: true })).toThrow(InvalidQueryError);
  });
});

describe("a preload by a function", () => {
  test("is given each id once, in the transaction, and gives the records", async () => {
    const asked: unknown[] = [];
    const [one, two] = shops;
    const loaded = await repo.preload([one!, two!, one!], {
      offers: async (keys: readonly string[], tx: Repo) => {
        asked.push(keys);
        expect(repo.inTransaction).toBe(true);
        return tx.all(from(Offer).where({ shopId: { in: keys }, rank: 2 }));
      },
    });
    expect(asked).toEqual([["s000", "s001"]]);
    expect(loaded.map(({ offers }) => ids(offers))).toEqual([["s000-2"], ["s001-2"], ["s000-2"]]);
    const [offer] = loaded[0]!.offers;
    const parents = (keys: readonly string[]) => repo.all(from(Shop).where({ id: { in: keys } }));
    expect((await repo.preload(offer!, { shop: [parents, { sold: true }] })).shop?.sold).toHaveLength(2);
    const pairs = () => [["s000-2", { ...new Tag() }]] as never;
    await expect(repo.preload(offer!, { tags: pairs })).rejects.toThrow(/gives records of Tag/);
    const red = await repo.getOrThrow(Tag, "red", { tenant });
    expect((await repo.preload(offer!, { tags: () => [["s000-2", red]] as const })).tags).toEqual([red]);
  });

  test("that gives something else is refused", async () => {
    const given = (rows: unknown) => repo.preload(a, { offers: () => rows as never });
    await expect(given(5)).rejects.toThrow(/gives a list of records/);
    await expect(given([a])).rejects.toThrow(/gives records of Offer/);
    await expect(given([null])).rejects.toThrow(InvalidQueryError);
    await expect(given(Promise.reject(new Error("mine")))).rejects.toThrow("mine");
  });
});

describe("what is loaded already", () => {
  test("is not read again, unless that is forced, and what is below it is", async () => {
    const loaded = await repo.preload(a, "offers");
    const again = await counting.measure(() => repo.preload(loaded, "offers"));
    expect(again).toMatchObject({ pointReads: 0, rangeReads: 0 });
    await repo.transactional(tenant, async () => {
      await repo.insert(Offer, { id: "s000-5", shopId: "s000", rank: 5 });
      expect((await repo.preload(loaded, "offers")).offers).toHaveLength(5);
      expect((await repo.preload(loaded, "offers", { force: true })).offers).toHaveLength(6);
      const chosen = await repo.preload(loaded, { offers: from(Offer).orderBy({ rank: "desc" }).limit(1) });
      expect(ids(chosen.offers)).toEqual(["s000-5"]);
      return repo.rollback();
    });
    const deeper = await repo.preload(loaded, "offers.labels");
    expect(deeper.offers.map(({ labels }) => (labels as unknown as readonly Label[]).length)).toEqual([
      0, 0, 0, 2, 4,
    ]);
    // What was loaded before is as it was.
    expect(loaded.offers.some((offer) => isLoaded(offer, "labels"))).toBe(false);
    expect(ids(deeper.offers)).toEqual(ids(loaded.offers));
  });

  test("is told by isLoaded, and forgotten by resetFields", async () => {
    expect(isLoaded(a, "offers")).toBe(false);
    const loaded = await repo.preload(a, ["offers", "first"]);
    if (!isLoaded(loaded, "offers")) throw new Error("It was loaded.");
    expect(loaded.offers).toHaveLength(5);
    const orphan = await repo.preload(await repo.getOrThrow(Shop, "shut", { tenant }), {
      first: from(Offer).where({ id: "none" }),
    });
    expect([isLoaded(orphan, "first"), orphan.first]).toEqual([true, null]);
    const reset = resetFields(change(loaded, { state: "shut" }).applyChanges(), ["offers", "state"]);
    expect([isLoaded(reset, "offers"), isLoaded(reset, "first"), reset.state]).toEqual([false, true, "open"]);
    expect(loaded.offers).toHaveLength(5);
    expect(() => isLoaded(a, "state" as never)).toThrow(UnknownFieldError);
    expect(() => isLoaded({} as Shop, "offers")).toThrow(InvalidOptionsError);
    expect(() => resetFields(a, ["nothing" as never])).toThrow(UnknownFieldError);
    expect(() => resetFields(a, "state" as never)).toThrow(InvalidOptionsError);
  });
});

describe("a relation", () => {
  test("has conditions and an order of its own", async () => {
    const { offers, sold, first } = await repo.preload(a, ["offers", "sold", "first"]);
    expect(ids(offers)).toEqual([4, 3, 2, 1, 0].map((rank) => `s000-${rank}`));
    expect(ids(sold)).toEqual(["s000-1", "s000-3"]);
    expect(first?.id).toBe("s000-0");
    const two = await repo.preload(a, { sold: from(Offer).orderBy({ rank: "desc" }).limit(1) });
    expect(ids(two.sold)).toEqual(["s000-3"]);
    const shut = await repo.getOrThrow(Offer, "of shut", { tenant });
    expect((await repo.preload(shut, "shop")).shop).toBeNull();
  });

  test("gives new records its defaults, below what they say themselves", async () => {
    await repo.transactional(tenant, async (tx) => {
      const shop = await tx.insert(Shop, {
        id: "d1",
        sold: [
          { id: "d1-1", rank: 1 },
          { id: "d1-2", rank: 2, state: "kept" },
        ],
        first: { id: "d1-3", rank: 3 },
      });
      const stored = await tx.all(from(Offer).where({ shopId: "d1" }).orderBy("rank"));
      expect(stored.map(({ state, name }) => [state, name])).toEqual([
        ["sold", null],
        ["kept", null],
        [null, "d1 3"],
      ]);
      const cast1 = await tx.insert(
        Shop.changeset(new Shop(), { id: "d2", sold: [{ id: "d2-1", rank: 1 }] }),
      );
      expect((await tx.getOrThrow(Offer, "d2-1")).state).toBe("sold");
      const put = change(await tx.preload(cast1, "sold", { force: true })).putAssoc("sold", [
        await tx.getOrThrow(Offer, "d2-1"),
        { id: "d2-2", rank: 2 },
      ]);
      await tx.update(put);
      expect((await tx.getOrThrow(Offer, "d2-2")).state).toBe("sold");
      expect(shop.id).toBe("d1");
      return tx.rollback();
    });
  });

  test("many to many keeps to its joins, and refuses a record that is named twice", async () => {
    await repo.transactional(tenant, async (tx) => {
      const offer = await tx.preload(await tx.getOrThrow(Offer, "s000-0"), "tags");
      expect(ids(offer.tags)).toEqual(["green", "red"]);
      const [green, blue] = [await tx.getOrThrow(Tag, "green"), await tx.getOrThrow(Tag, "blue")];
      await tx.update(change(offer).putAssoc("tags", [green, blue]));
      const labels = await tx.all(from(Label).where({ offerId: "s000-0" }).select(["tagId", "kind"]));
      expect(labels.map(({ tagId, kind }) => `${kind} ${tagId}`).toSorted()).toEqual([
        "hidden blue",
        "shown blue",
        "shown gone",
        "shown green",
      ]);
      const twice = change(await tx.preload(await tx.getOrThrow(Offer, "s000-2"), "tags")).putAssoc("tags", [
        blue,
        blue,
      ]);
      expect([twice.valid, twice.traverseErrors()]).toEqual([
        false,
        { tags: [{}, { id: ["has already been taken"] }] },
      ]);
      return tx.rollback();
    });
  });

  test("with options that fit nothing is refused", () => {
    const declare = (options: object) => {
      @Schema("samples")
      class Sample {
        @PrimaryKey("string") declare id: string;
        @HasMany(() => Offer, "shopId", options as never) declare offers: HasMany<Offer>;
      }
      return schemaOf(Sample).association("offers").target();
    };
    expect(() => declare({ where: {} })).toThrow(SchemaError);
    expect(() => declare({ where: { state: undefined } })).toThrow(/is undefined/);
    expect(() => declare({ where: { stat: "x" } })).toThrow(/no field of Offer.*state/);
    expect(() => declare({ preloadOrder: { rank: "up" } })).toThrow(/preloadOrder/);
    expect(() => declare({ preloadOrder: [] })).toThrow(SchemaError);
    expect(() => declare({ preloadOrder: "ranks" })).toThrow(/no field of Offer/);
    expect(() => declare({ defaults: 5 })).toThrow(SchemaError);
    expect(() => declare({ defaults: { nothing: 1 } })).toThrow(/no field of Offer/);
    expect(() => declare({ unique: true })).toThrow(/no option "unique"/);
  });
});

describe("assoc", () => {
  test("is the query of the related records", async () => {
    expect(await repo.all(assoc(a, "offers").orderBy("rank").limit(2).select("id"), { tenant })).toEqual([
      "s000-0",
      "s000-1",
    ]);
    expect(await repo.count(assoc(a, "sold"), { tenant })).toBe(2);
    const several = await repo.all(assoc(shops.slice(0, 2), "sold").select("id"), { tenant });
    expect(several).toEqual(["s000-1", "s000-3", "s001-1", "s001-3"]);
    const offers = await repo.all(from(Offer).where({ rank: 1, shopId: { in: ["s000", "shut"] } }), {
      tenant,
    });
    expect(ids(await repo.all(assoc(offers, "shop").scan(), { tenant }))).toEqual(["s000"]);
    expect(await repo.all(assoc(new Offer(), "shop").scan(), { tenant })).toEqual([]);
  });

  test("of what no single query finds is refused", () => {
    expect(() => assoc(a, "tags")).toThrow(UnsupportedQueryError);
    expect(() => assoc(new Offer(), "tags")).toThrow(UnsupportedQueryError);
    expect(() => assoc([], "offers" as never)).toThrow(InvalidOptionsError);
    expect(() => assoc([a, new Offer()] as never, "offers" as never)).toThrow(InvalidOptionsError);
    expect(() => assoc(a, "state" as never)).toThrow(UnknownFieldError);
  });
});
