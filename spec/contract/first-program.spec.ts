import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Max, Min } from "class-validator";
import {
  BelongsTo,
  cast,
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
  Sync,
  Tenant,
  UpdatedAt,
} from "plinth";

// The program of the documentation, whole and as printed there: names and shapes are a promise.

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
  @Field("string") declare content: string;
  @Field("integer") @Min(1) @Max(5) declare score: number;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;
}

class Catalog extends Migration {
  override change() {
    return [
      create(metadata(Product)),
      create(index(Product, ["name"])),
      create(metadata(Review)),
      create(index(Review, ["productId", "insertedAt"])),
      create(metadata(Review, ["productId"])),
    ];
  }
}

let repo: Repo;
let sync: Sync;

beforeAll(() => {
  repo = new Repo({
    url: process.env.PLINTH_TEST_URL ?? "memory:",
    storageId: "my-app",
    migrations: [[1, Catalog]],
  });
  sync = new Sync(repo);
});

afterAll(async () => {
  await sync.close();
  await repo.close();
});

test("the first program of the documentation", async () => {
  await Tenant.clearAndDelete(repo, "sync-sample");
  const tenant = await Tenant.openEmpty(repo, "sync-sample");

  const cereal = await repo.transactional(tenant, async () => {
    const cereal = await repo.insert(Product, { id: "p1", name: "Glo-Grain Cereal", description: "…" });
    await repo.insert(Review, { product: cereal, author: "Sarah J.", content: "…", score: 3 });
    return cereal;
  });
  expect(cereal).toBeInstanceOf(Product);
  const renamed = await repo.update(Product.changeset(cereal, { name: "Glo-Grain Cereal v2" }));
  expect(renamed.name).toBe("Glo-Grain Cereal v2");
  await repo.insert(Product, { id: "p3", name: "Instant-Tree Seeds" }, { tenant });
  const ids: string[] = await repo.all(from(Product).select("id"), { tenant });
  expect(ids).toEqual(["p1", "p3"]);

  const page = await sync.subscribe(tenant, {
    catalog: sync.all(from(Product).orderBy("name")),
    product: sync.one(Product, "p1"),
    reviews: sync.allBy(from(Review).orderBy({ insertedAt: "desc" }), { productId: "p1" }),
  });
  expect(page.value.catalog.map((product) => product.name)).toEqual([
    "Glo-Grain Cereal v2",
    "Instant-Tree Seeds",
  ]);
  expect(page.value.product?.name).toBe("Glo-Grain Cereal v2");
  expect(page.value.reviews.map((review) => review.author)).toEqual(["Sarah J."]);

  const admin = await sync.subscribe(tenant, {
    products: sync.each(sync.all(from(Product).select("id"), { on: "collection" }), (id) =>
      sync.one(Product, id),
    ),
  });
  expect(admin.value.products.map((product) => product.id)).toEqual(["p1", "p3"]);

  await repo.delete(cereal);
  for await (const t of page) {
    if (t.type !== "change") continue;
    expect(t.changes.catalog).toEqual([
      expect.objectContaining({ op: "delete", index: 0, before: expect.objectContaining({ id: "p1" }) }),
    ]);
    expect(page.value.product).toBeNull();
    break;
  }
  for await (const t of admin) {
    if (t.type !== "change") continue;
    expect(admin.value.products.map((product) => product.id)).toEqual(["p3"]);
    break;
  }
  await page.close();
  await admin.close();
});
