import { counter, create, index, Migration, metadata } from "../../../lib/migration/index.js";
import { Repo } from "../../../lib/repo/index.js";
import {
  BelongsTo,
  enumOf,
  Field,
  HasMany,
  InsertedAt,
  PrimaryKey,
  Schema,
} from "../../../lib/schema/index.js";
import { Tenant } from "../../../lib/tenant/index.js";
import type { Versionstamp } from "../../../lib/tuple/index.js";

@Schema("products")
export class Product {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare sku: string | null;
  @Field("decimal", { tag: 7 }) declare price: string | null;
  @Field("bigint") declare stock: bigint | null;
  @Field("binary") declare picture: Uint8Array | null;
  @Field("json") declare extra: unknown;
  @Field("float") declare weight: number | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field(enumOf("draft", "live")) declare state: "draft" | "live" | null;
  @Field("utc_datetime_usec") declare soldAt: Date | null;
  @HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
}

@Schema("reviews")
export class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare productId: string;
  @BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
  @Field("integer") declare score: number;
  @InsertedAt() declare insertedAt: Date;
}

@Schema("events")
export class Event {
  @PrimaryKey("versionstamp", { autogenerate: true, partitionBy: "room" }) declare id: Versionstamp;
  @Field("string") declare room: string;
  @Field("string") declare text: string;
}

export class Catalog extends Migration {
  change() {
    return [
      create(metadata(Product)),
      create(index(Product, ["name"])),
      create(index(Product, ["sku"], { unique: true })),
      create(index(Review, ["productId", "insertedAt"], { include: ["score"] })),
      create(metadata(Review, ["productId"])),
    ];
  }
}

export class Counts extends Migration {
  change() {
    return [
      create(counter(Review, ["productId"])),
      create(counter(Product)),
      create(index(Review, ["score"], { where: { score: { gte: 4 } } })),
      create(index(Event, ["text"])),
    ];
  }
}

export const schemas = [Product, Review, Event];
export const migrations = [
  [1, Catalog],
  [2, Counts],
] as const;

/** A repo in memory; close it. */
export function openRepo(
  all: typeof migrations | readonly (readonly [number, typeof Catalog])[] = migrations,
) {
  return new Repo({ url: "memory:", storageId: "shop", migrations: all });
}

/** A tenant with every kind of row: chunked, tagged, with exact values, partitioned, keyed by versionstamp. */
export async function fill(repo: Repo, id: string, reviews = 12): Promise<Tenant> {
  const tenant = await Tenant.openOrCreate(repo, id);
  const all = { tenant };
  await repo.insert(
    Product,
    {
      id: "p1",
      name: 'Glo-Grain \u2028 "quoted"\n',
      sku: "a",
      price: "12.340",
      stock: 2n ** 70n,
      picture: Buffer.alloc(250_000, "picture"),
      extra: { $bytes: "not bytes", list: [1, null, { deep: true }], __proto__x: 1 },
      weight: -0,
      tags: ["new", "säle"],
      state: "live",
      soldAt: new Date(1_700_000_000_123),
    },
    all,
  );
  await repo.insert(Product, { id: "p2", name: "Instant-Tree Seeds", weight: 1.25, state: "draft" }, all);
  for (let n = 0; n < reviews; n++) {
    await repo.insert(Review, { productId: n % 3 === 0 ? "p2" : "p1", score: (n % 5) + 1 }, all);
  }
  await repo.insert(Event, { room: "a", text: "hello" }, all);
  await repo.insert(Event, { room: "b", text: "world" }, all);
  return tenant;
}
