import { Max, Min } from "class-validator";
import {
  BelongsTo,
  Field,
  HasMany,
  InsertedAt,
  PrimaryKey,
  Schema,
  UpdatedAt,
} from "../../lib/schema/index.js";

@Schema("products")
export class Product {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare description: string | null;
  @HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;
}

@Schema("reviews")
export class Review {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("binary_id") declare productId: string;
  @BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
  @Field("string") declare author: string;
  @Field("string") declare content: string;
  @Field("integer") @Min(1) @Max(5) declare score: number;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;
}
