import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  BelongsTo,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  InsertedAt,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  UpdatedAt,
} from "../../lib/index.js";

@Schema("products")
class Product {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare description: string | null;
  @HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;
  static changeset(product: Product, params: unknown = {}) {
    return cast(product, params, ["name", "description"]).validateRequired(["name"]);
  }
}
@Schema("reviews")
class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare productId: string;
  @BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
  @Field("string") declare author: string;
  @Field("integer") declare score: number;
  @InsertedAt() declare insertedAt: Date;
}
class Catalog extends Migration {
  change() {
    return [
      create(metadata(Product)),
      create(index(Product, ["name"])),
      create(metadata(Review)),
      create(index(Review, ["productId", "insertedAt"])),
    ];
  }
}
let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "t", migrations: [[1, Catalog]] });
  tenant = await Tenant.openOrCreate(repo, "a");
});
afterAll(() => repo.close());

test("a first round through the Repo", async () => {
  const cereal = await repo.transactional(tenant, async () => {
    const cereal = await repo.insert(Product, { id: "p1", name: "Cereal" });
    await repo.insert(Review, { product: cereal, author: "S", score: 3 });
    await repo.insert(Review, { product: cereal, author: "T", score: 4 });
    expect(await repo.allBy(Review, { productId: "p1" })).toHaveLength(2);
    return cereal;
  });
  expect(await repo.get(Product, "p1", { tenant })).toEqual(cereal);
  const v2 = await repo.update(Product.changeset(cereal, { name: "Cereal v2" }));
  expect(v2.name).toBe("Cereal v2");
  await repo.insert(Product, { id: "p3", name: "Seeds" }, { tenant });
  expect(await repo.all(from(Product).select("id"), { tenant })).toEqual(["p1", "p3"]);
  expect((await repo.getBy(Product, { name: "Seeds" }, { tenant }))?.id).toBe("p3");
  const loaded = await repo.all(from(Product).preload("reviews.product"), { tenant });
  expect(loaded[0]?.reviews.map((r) => r.author)).toEqual(["S", "T"]);
  expect(loaded[0]?.reviews[0]?.product.id).toBe("p1");
  expect((await repo.explain(from(Product).orderBy({ name: "desc" }).limit(1), { tenant })).text).toMatch(
    /products_name_index/,
  );
  await expect(repo.all(from(Product).where({ description: "x" }), { tenant })).rejects.toThrow(
    /create\(index\(Product, \["description"\]\)\)/,
  );
  const page = await repo.page(from(Product).orderBy("name"), { limit: 1, tenant });
  expect(page.rows).toHaveLength(1);
  const second = await repo.page(from(Product).orderBy("name"), { limit: 1, tenant, after: page.next });
  expect(second.rows[0]?.id).toBe("p3");
  expect(second.next).toBeNull();
  await repo.delete(v2);
  expect(await repo.get(Product, "p1", { tenant })).toBeNull();
  expect(await repo.transactional(tenant, async () => repo.rollback("no"))).toBe("no");
  void change;
});

test("a burst on hot records takes one attempt each", async () => {
  const ids = ["h1", "h2", "h3"];
  for (const id of ids) await repo.insert(Product, { id, name: "n", description: "0" }, { tenant });
  let bodies = 0;
  const one = (id: string) =>
    repo.transactional(tenant, async () => {
      bodies++;
      const p = await repo.getOrThrow(Product, id);
      await repo.update(Product.changeset(p, { description: String(Number(p.description) + 1) }));
    });
  let next = 0;
  const started = Date.now();
  await Promise.all(
    Array.from({ length: 1000 }, async () => {
      while (next < 4000) await one(ids[next++ % 3]!);
    }),
  );
  console.log("burst", bodies, Date.now() - started);
  let total = 0;
  for (const id of ids) total += Number((await repo.getOrThrow(Product, id, { tenant })).description);
  expect(total).toBe(4000);
  expect(bodies).toBeLessThanOrEqual(4200);
});
