import { Max, Min } from "class-validator";
import { cast } from "../../lib/changeset/index.js";
import {
  BelongsTo,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  Field,
  HasMany,
  HasOne,
  InsertedAt,
  PrimaryKey,
  Schema,
  UpdatedAt,
} from "../../lib/schema/index.js";

@EmbeddedSchema()
export class Size {
  @Field("integer") declare width: number;
  @Field("integer") declare height: number;

  static changeset(size: Size, params: unknown = {}) {
    return cast(size, params, ["width", "height"]).validateRequired(["width"]);
  }
}

@EmbeddedSchema()
export class Variant {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare label: string;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(variant: Variant, params: unknown = {}) {
    return cast(variant, params, ["label"]).validateRequired(["label"]);
  }
}

@Schema("makers")
export class Maker {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;

  static changeset(maker: Maker, params: unknown = {}) {
    return cast(maker, params, ["name"]).validateRequired(["name"]);
  }
}

@Schema("manuals")
export class Manual {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare productId: string | null;
  @Field("string") declare text: string;
}

@Schema("reviews")
export class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare productId: string | null;
  @Field("string") declare author: string;
  @Field("integer") @Min(1) @Max(5) declare score: number;
  @BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;

  static changeset(review: Review, params: unknown = {}) {
    return cast(review, params, ["author", "score"])
      .validateRequired(["author"])
      .validateNumber("score", { greaterThanOrEqualTo: 1, lessThanOrEqualTo: 5 });
  }
}

@Schema("products")
export class Product {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string", { default: "none" }) declare description: string | null;
  @Field("integer") declare stock: number;
  @Field("bigint") declare views: bigint | null;
  @Field("float") declare weight: number | null;
  @Field("decimal") declare price: string | null;
  @Field("utc_datetime") declare soldAt: Date | null;
  @Field({ array: "string" }, { default: () => [] }) declare tags: string[];
  @Field("binary") declare picture: Uint8Array | null;
  @Field("json") declare extra: unknown;
  @Field("string", { redact: true }) declare secret: string | null;
  @Field("boolean", { virtual: true }) declare terms: boolean;
  @Field("binary_id") declare makerId: string | null;
  @EmbedsOne(() => Size, { onReplace: "update" }) declare size: EmbedsOne<Size>;
  @EmbedsMany(() => Variant, { onReplace: "delete" }) declare variants: EmbedsMany<Variant>;
  @EmbedsMany(() => Variant) declare parts: EmbedsMany<Variant>;
  @BelongsTo(() => Maker, "makerId", { onReplace: "nilify" }) declare maker: BelongsTo<Maker>;
  @HasOne(() => Manual, "productId", { onReplace: "delete" }) declare manual: HasOne<Manual>;
  @HasMany(() => Review, "productId", { onReplace: "nilify" }) declare reviews: HasMany<Review>;
  @HasMany(() => Review, "productId") declare strictReviews: HasMany<Review>;
  @HasMany(() => Review, "productId", { onReplace: "markAsInvalid" }) declare markedReviews: HasMany<Review>;
  @InsertedAt() declare insertedAt: Date;

  static changeset(product: Product, params: unknown = {}) {
    return cast(product, params, ["name", "description"]).validateRequired(["name"]);
  }
}
