import { Max, Min } from "class-validator";
import { BelongsTo, Field, InsertedAt, PrimaryKey, Schema, UpdatedAt } from "plinth";
import { Product } from "./product.js";

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
