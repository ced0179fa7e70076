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
  ManyToMany,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  StaleEntryError,
  Tenant,
} from "../../../lib/index.js";

@Schema("shops")
class Shop {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string | null;
  @Field("integer", { default: 1 }) declare version: number | null;
  @HasMany(() => Aisle, "shopId", { onReplace: "delete", onDelete: "deleteAll" })
  declare aisles: HasMany<Aisle>;
  @HasOne(() => Licence, "shopId", { onReplace: "delete", onDelete: "deleteAll" })
  declare licence: HasOne<Licence> | null;

  static changeset(shop: Shop, params: unknown) {
    return cast(shop, params, ["id", "name"]).castAssoc("aisles").castAssoc("licence");
  }
}

@Schema("licences")
class Licence {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare shopId: number | null;
  @Field("string") declare code: string | null;
  static changeset(licence: Licence, params: unknown) {
    return cast(licence, params, ["id", "code"]).uniqueConstraint("code");
  }
}

@Schema("aisles")
class Aisle {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare shopId: number | null;
  @Field("integer") declare place: number | null;
  @BelongsTo(() => Shop, "shopId") declare shop: BelongsTo<Shop> | null;
  @HasMany(() => Shelf, "aisleId", { onReplace: "delete", onDelete: "deleteAll" })
  declare shelves: HasMany<Shelf>;
  static changeset(aisle: Aisle, params: unknown) {
    return cast(aisle, params, ["id", "place"]).castAssoc("shelves");
  }
}

@Schema("shelves")
class Shelf {
  @PrimaryKey("id") declare id: number;
  @Field("id") declare aisleId: number | null;
  @Field("string") declare label: string | null;
  @BelongsTo(() => Aisle, "aisleId") declare aisle: BelongsTo<Aisle> | null;
  @ManyToMany(() => Good, { through: () => Stock, onReplace: "delete", onDelete: "deleteAll" })
  declare goods: ManyToMany<Good>;
  static changeset(shelf: Shelf, params: unknown) {
    return cast(shelf, params, ["id", "label"]).uniqueConstraint("label").castAssoc("goods");
  }
}

@Schema("goods")
class Good {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string | null;
  static changeset(good: Good, params: unknown) {
    return cast(good, params, ["id", "name"]).uniqueConstraint("name");
  }
}

@Schema("stocks")
class Stock {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("id") declare shelfId: number;
  @Field("id") declare goodId: number;
  @BelongsTo(() => Shelf, "shelfId") declare shelf: BelongsTo<Shelf>;
  @BelongsTo(() => Good, "goodId") declare good: BelongsTo<Good>;
}

class Shops extends Migration {
  change() {
    return [
      create(index(Aisle, ["shopId", "place"], { unique: true })),
      create(index(Licence, ["shopId"], { unique: true })),
      create(index(Licence, ["code"], { unique: true })),
      create(index(Shelf, ["aisleId"])),
      create(index(Shelf, ["label"], { unique: true })),
      create(index(Good, ["name"], { unique: true })),
      create(index(Stock, ["shelfId", "goodId"], { unique: true })),
      create(index(Stock, ["goodId"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "hostile", migrations: [[1, Shops]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
const paths = ["licence", "aisles.shelves.goods"] as const;
const read = async (id = 1) => repo.preload(await repo.getOrThrow(Shop, id, { tenant }), paths);
const counts = async () =>
  Promise.all(
    [Shop, Licence, Aisle, Shelf, Stock, Good].map((schema) => repo.count(schema as typeof Shop, { tenant })),
  );

const params = () => ({
  id: 1,
  name: "corner",
  licence: { id: 1, code: "A" },
  aisles: [
    {
      id: 1,
      place: 1,
      shelves: [
        {
          id: 1,
          label: "one",
          goods: [
            { id: 1, name: "tea" },
            { id: 2, name: "rice" },
          ],
        },
        { id: 2, label: "two", goods: [] },
      ],
    },
    { id: 2, place: 2, shelves: [{ id: 3, label: "three", goods: [{ id: 3, name: "salt" }] }] },
  ],
});

const start = async () => {
  await repo.insert(Shop.changeset(new (Shop as never as new () => Shop)(), params()), { tenant });
  return read();
};

describe("a tree of four levels that is cast", () => {
  test("is stored whole, and shown as it is", async () => {
    const shop = await start();
    expect(await counts()).toEqual([1, 1, 2, 3, 3, 3]);
    expect(json(shop)).toMatchObject(params());
  });

  test("has deletes and inserts under unique indexes on every level at once", async () => {
    const shop = await start();
    const result = await repo.tryUpdate(
      Shop.changeset(shop, {
        licence: { id: 2, code: "A" },
        aisles: [
          { id: 5, place: 2, shelves: [{ id: 6, label: "one", goods: [{ id: 7, name: "sugar" }] }] },
          {
            id: 1,
            place: 9,
            shelves: [
              { id: 2, label: "three", goods: [{ id: 8, name: "oats" }] },
              { id: 9, label: "two", goods: [{ id: 10, name: "flour" }] },
            ],
          },
        ],
      }),
    );
    expect(result).toMatchObject({ ok: true });
    const now = await read();
    expect(json(now)).toMatchObject({
      licence: { id: 2, code: "A" },
      aisles: [
        { id: 5, place: 2, shelves: [{ id: 6, label: "one", goods: [{ name: "sugar" }] }] },
        {
          id: 1,
          place: 9,
          shelves: [
            { id: 2, label: "three", goods: [{ name: "oats" }] },
            { id: 9, label: "two", goods: [{ name: "flour" }] },
          ],
        },
      ],
    });
    // The joins went with their shelves, the goods did not.
    expect(await counts()).toEqual([1, 1, 2, 3, 3, 6]);
    const byId = (list: unknown) => (list as { id: number }[]).toSorted((a, b) => a.id - b.id);
    if (result.ok) expect(byId(json(result.value).aisles)).toEqual(byId(json(now).aisles));
  });

  test("is taken back whole when its lowest level is refused", async () => {
    const shop = await start();
    const before = json(shop);
    const refused = await repo.tryUpdate(
      Shop.changeset(shop, {
        name: "other",
        licence: null,
        aisles: [{ id: 1, place: 3, shelves: [{ id: 2, label: "x", goods: [{ id: 20, name: "salt" }] }] }],
      }),
    );
    expect(refused.ok).toBe(false);
    expect(json(await read())).toEqual(before);
    await repo.transactional(tenant, async () => {
      const again = await repo.tryUpdate(
        Shop.changeset(shop, {
          licence: null,
          aisles: [{ id: 7, place: 1, shelves: [{ id: 7, label: "three" }] }],
        }),
      );
      expect(again.ok).toBe(true);
      const third = await repo
        .tryUpdate(
          Shop.changeset(shop, { aisles: [{ id: 8, shelves: [{ id: 8, label: "y", goods: [{ id: 1 }] }] }] }),
        )
        .catch((error: Error) => error);
      expect(third).not.toMatchObject({ ok: true });
    });
    expect(json(await read())).toMatchObject({ licence: null, aisles: [{ id: 7, shelves: [{ id: 7 }] }] });
  });

  test("has its lock moved on, whatever level changes", async () => {
    const [a, b] = [await start(), await read()];
    const deepest = (shop: typeof a, id: number) => {
      const [aisle] = shop.aisles;
      const [shelf] = aisle!.shelves;
      return change(shop)
        .optimisticLock("version")
        .putAssoc("aisles", [
          change(aisle!).putAssoc("shelves", [
            change(shelf!).putAssoc("goods", [...shelf!.goods, { id, name: `good ${id}` }]),
            ...aisle!.shelves.slice(1),
          ]),
          ...shop.aisles.slice(1),
        ]);
    };
    expect(await repo.update(deepest(a, 30))).toMatchObject({ version: 2 });
    await expect(repo.update(deepest(b, 31))).rejects.toThrow(StaleEntryError);
    expect(await repo.count(Good, { tenant })).toBe(4);
  });
});

describe("parents of parents", () => {
  test("are inserted with lists of their own, between many and many too", async () => {
    const shelf = await repo.insert(
      Shelf,
      {
        id: 1,
        goods: [{ id: 1 }],
        aisle: { id: 1, shelves: [{ id: 2, goods: [{ id: 2 }] }], shop: { id: 1, licence: { id: 1 } } },
      },
      { tenant },
    );
    expect(await counts()).toEqual([1, 1, 1, 2, 2, 2]);
    const read = await repo.preload(shelf, ["aisle.shop.licence", "goods"]);
    expect(read.aisle?.shop?.licence).toMatchObject({ id: 1 });
    expect(json(shelf)).toMatchObject({ aisleId: 1, goods: [{ id: 1 }], aisle: { shop: { id: 1 } } });
  });
});

describe("a to-one relation that is replaced", () => {
  test("takes what went with the old one along, and its unique values over", async () => {
    const shop = await start();
    const next = await repo.update(change(shop).putAssoc("licence", { id: 9, code: "A" }));
    expect(json(next).licence).toMatchObject({ id: 9, code: "A", shopId: 1 });
    expect(await repo.all(from(Licence).select("id"), { tenant })).toEqual([9]);
    const none = await repo.update(change(next).putAssoc("licence", null));
    expect(json(none).licence).toBeNull();
    expect(await repo.count(Licence, { tenant })).toBe(0);
  });

  test("by a stored one that another record had", async () => {
    const shop = await start();
    await repo.insert(Shop, { id: 2, licence: { id: 2, code: "B" } }, { tenant });
    const other = await repo.getOrThrow(Licence, 2, { tenant });
    const updated = await repo.update(change(shop).putAssoc("licence", other));
    expect(json(updated).licence).toMatchObject({ id: 2, shopId: 1 });
    expect(await repo.all(from(Licence).select("id"), { tenant })).toEqual([2]);
    expect((await read(2)).licence).toBeNull();
  });
});

test("insertAll of trees, one of which is refused, stores none of them", async () => {
  const tree = (n: number, name: string) => ({
    id: n,
    aisles: [{ id: n, place: 1, shelves: [{ id: n, label: `label ${n}`, goods: [{ id: n, name }] }] }],
  });
  await expect(
    repo.insertAll(Shop, [tree(1, "a"), tree(2, "b"), tree(3, "a")], { tenant }),
  ).rejects.toThrow();
  expect(await counts()).toEqual([0, 0, 0, 0, 0, 0]);
  const { records } = await repo.insertAll(Shop, [tree(1, "a"), tree(2, "b"), tree(3, "c")], { tenant });
  expect(await counts()).toEqual([3, 0, 3, 3, 3, 3]);
  expect(json(records[2])).toMatchObject({
    aisles: [{ shopId: 3, shelves: [{ aisleId: 3, goods: [{ id: 3 }] }] }],
  });
  expect(await repo.deleteAll(Shop, { tenant })).toEqual({ count: 3 });
  expect(await counts()).toEqual([0, 0, 0, 0, 0, 3]);
});
