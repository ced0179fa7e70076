import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { cast, change, InvalidChangesetError } from "../../lib/changeset/index.js";
import { StaleEntryError } from "../../lib/errors.js";
import { create, index, Migration } from "../../lib/migration/index.js";
import { from } from "../../lib/query/index.js";
import { Repo } from "../../lib/repo/index.js";
import { build } from "../../lib/schema/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { Maker, Manual, Product, Review } from "./shop.js";

class Indexes extends Migration {
  change() {
    return [
      create(index(Review, ["productId"])),
      create(index(Manual, ["productId"])),
      create(index(Product, ["name"], { unique: true })),
    ];
  }
}

describe("changesets that are written", () => {
  let repo: Repo;
  let tenant: Tenant;

  beforeAll(() => {
    repo = new Repo({ url: "memory:", storageId: "changesets", migrations: [[1, Indexes]] });
  });
  beforeEach(async () => {
    await Tenant.clearAndDelete(repo, "t");
    tenant = await Tenant.openEmpty(repo, "t");
  });
  afterAll(() => repo.close());

  const insert = () =>
    repo.insert(
      Product,
      cast(
        build(Product, { id: "p1", stock: 3 }),
        {
          name: "Cereal",
          reviews: [
            { author: "Ann", score: 2 },
            { author: "Bob", score: 3 },
          ],
          variants: [{ label: "small" }],
          maker: { name: "Mill" },
        },
        ["name"],
      )
        .castAssoc("reviews")
        .castEmbed("variants")
        .castAssoc("maker"),
      { tenant },
    );
  const stored = () => repo.oneOrThrow(from(Product).preload("reviews", "maker"), { tenant });

  test("take their relations and embeds along, in one transaction", async () => {
    const inserted = await insert();
    const read = await stored();
    expect(read.reviews.map(({ author, productId }) => [author, productId])).toEqual([
      ["Ann", "p1"],
      ["Bob", "p1"],
    ]);
    expect(read.maker).toMatchObject({ id: read.makerId, name: "Mill" });
    expect(inserted).toMatchObject({ makerId: read.makerId, maker: { id: read.makerId } });
    expect(read.variants).toEqual(inserted.variants);
  });

  test("update, add and let go of related records", async () => {
    await insert();
    const before = await stored();
    const [ann] = before.reviews;
    const params = {
      reviews: [
        { id: ann?.id, author: "Eve" },
        { author: "New", score: 4 },
      ],
      variants: [],
      maker: { name: "Farm" },
    };
    await repo.update(cast(before, params, []).castAssoc("reviews").castEmbed("variants").castAssoc("maker"));
    const after = await stored();
    expect(after.reviews.map(({ author }) => author).sort()).toEqual(["Eve", "New"]);
    expect(after.variants).toEqual([]);
    expect(after.maker?.name).toBe("Farm");
    expect(await repo.all(from(Review).select("author"), { tenant })).toHaveLength(3);
    expect(await repo.all(from(Maker).select("id"), { tenant })).toHaveLength(2);
  });

  test("write nothing at all when a record inside is invalid", async () => {
    const changeset = cast(build(Product, { id: "p2" }), { name: "X", reviews: [{ score: 9 }] }, [
      "name",
    ]).castAssoc("reviews");
    const result = await repo.tryInsert(Product, changeset, { tenant });
    expect(result.ok).toBe(false);
    expect(await repo.all(from(Product).select("id"), { tenant })).toEqual([]);
  });

  test("run the class's rules for plain attributes", async () => {
    await expect(repo.insert(Review, { author: "Ann", score: 9 }, { tenant })).rejects.toThrow(
      /score: must not be greater than 5/,
    );
  });

  test("check the record as it will be stored, with what others changed meanwhile", async () => {
    const seen = await insert();
    await repo.update(change(seen, { stock: 0 }));
    const positive = change(seen, { name: "Oats" }).checkConstraint("stock", {
      check: (one) => one.stock > 0,
    });
    await expect(repo.update(positive)).rejects.toThrow(InvalidChangesetError);
    expect((await stored()).name).toBe("Cereal");
  });

  test("with an optimistic lock neither update nor delete what somebody else has changed", async () => {
    const seen = await insert();
    expect((await repo.update(change(seen, { name: "Oats" }).optimisticLock("stock"))).stock).toBe(4);
    await expect(repo.update(change(seen, { name: "Rye" }).optimisticLock("stock"))).rejects.toThrow(
      StaleEntryError,
    );
    await expect(repo.delete(change(seen).optimisticLock("stock"))).rejects.toThrow(StaleEntryError);
    const current = await stored();
    expect(current).toMatchObject({ name: "Oats", stock: 4 });
    await repo.delete(change(current).optimisticLock("stock"));
    expect(await repo.get(Product, "p1", { tenant })).toBeNull();
  });
});
