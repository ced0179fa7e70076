import { cast, Field, HasMany, InsertedAt, PrimaryKey, Schema, UpdatedAt } from "plinth";
import { Review } from "./review.js";

@Schema("products")
export class Product {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare description: string | null;
  @HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(product: Product | typeof Product, params: unknown = {}) {
    return cast(product, params, ["name", "description"]).validateRequired(["name"]);
  }
}
