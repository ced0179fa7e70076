import {
  BelongsTo,
  cast,
  counter,
  create,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  HasMany,
  InsertedAt,
  index,
  ManyToMany,
  Migration,
  metadata,
  OptionalFields,
  PrimaryKey,
  Repo,
  type RepoOptions,
  Schema,
  sum,
  Tenant,
  UpdatedAt,
  type Versionstamp,
} from "../../lib/index.js";

@Schema("products")
export class Product {
  declare readonly [OptionalFields]?: "stock" | "version";
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare description: string | null;
  @Field("integer", { default: 0 }) declare stock: number;
  @Field("integer", { default: 1 }) declare version: number;
  @HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(product: Product, params: unknown = {}) {
    return cast(product, params, ["id", "name", "description", "stock"]).validateRequired(["name"]);
  }
}

@Schema("reviews")
export class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare productId: string | null;
  @BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
  @Field("binary_id") declare authorId: string | null;
  @BelongsTo(() => Author, "authorId") declare author: BelongsTo<Author>;
  @Field("integer") declare score: number | null;
  @InsertedAt() declare insertedAt: Date;
}

@Schema("authors")
export class Author {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare email: string | null;
}

@Schema("notes")
export class Note {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string | null;
}

@Schema("jobs")
export class Job {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare author: string;
}

@Schema("sessions")
export class Session {
  @PrimaryKey("string", { partitionBy: "userId" }) declare id: string;
  @Field("string") declare userId: string;
  @Field("string") declare data: string | null;
}

@Schema("sales")
export class Sale {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shop: string;
  @Field("integer") declare cents: number;
  @Field({ array: "string" }) declare tags: string[] | null;
}

@Schema("stock")
export class Stock {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare shelf: string;
  @Field("integer") declare count: number;
}

@EmbeddedSchema()
class Address {
  @Field("string") declare city: string;
}

@Schema("visitors")
export class Visitor {
  @PrimaryKey("string") declare id: string;
  @EmbedsOne(() => Address) declare address: Address | null;
}

@Schema("seats")
export class Seat {
  @PrimaryKey("string") declare hall: string;
  @PrimaryKey("integer") declare number: number;
  @Field("string") declare holder: string | null;
}

@Schema("baskets")
export class Basket {
  @PrimaryKey("string") declare id: string;
  @HasMany(() => Item, "basketId", { onDelete: "deleteAll" }) declare items: HasMany<Item>;
  @HasMany(() => Coupon, "basketId", { onDelete: "nilifyAll" }) declare coupons: HasMany<Coupon>;
  @HasMany(() => Note, { through: ["items", "note"] }) declare notes: HasMany<Note>;
  @ManyToMany(() => Note, { through: () => Item, onReplace: "delete" }) declare joined: ManyToMany<Note>;
}

@Schema("items")
export class Item {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare basketId: string | null;
  @Field("string") declare noteId: string | null;
  @BelongsTo(() => Basket, "basketId") declare basket: BelongsTo<Basket> | null;
  @BelongsTo(() => Note, "noteId") declare note: BelongsTo<Note> | null;
}

@Schema("coupons")
export class Coupon {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare basketId: string | null;
}

export class Shop extends Migration {
  change() {
    return [
      create(metadata(Product)),
      create(index(Product, ["name"])),
      create(metadata(Review)),
      create(index(Review, ["productId", "insertedAt"])),
      create(metadata(Review, ["productId"])),
      create(index(Author, ["email"], { unique: true })),
      create(index(Job, ["author"])),
      create(index(Session, ["data"])),
      create(counter(Session, ["userId"])),
      create(sum(Sale, "cents", ["shop"])),
      create(index(Sale, ["tags"], { each: true })),
      create(index(Stock, ["shelf"], { include: "all" })),
      create(index(Visitor, ["address.city"])),
      create(index(Item, ["basketId", "noteId"])),
      create(index(Coupon, ["basketId"])),
    ];
  }
}

let number = 0;

/** A Repo on a store of its own, and an empty tenant. */
export async function openShop(options: Partial<RepoOptions> = {}): Promise<{ repo: Repo; tenant: Tenant }> {
  const store = options.engine === undefined ? { url: "memory:" } : {};
  const repo = new Repo({ ...store, storageId: "shop", migrations: [[1, Shop]], ...options });
  return { repo, tenant: await Tenant.openEmpty(repo, `shop ${number++}`) };
}
