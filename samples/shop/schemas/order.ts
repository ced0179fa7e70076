import { Max, Min } from "class-validator";
import { BelongsTo, cast, enumOf, Field, InsertedAt, PrimaryKey, Schema, UpdatedAt } from "plinth";
import { Item } from "./item.js";

@Schema("orders")
export class Order {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare userId: string;
  @Field("binary_id") declare itemId: string;
  @BelongsTo(() => Item, "itemId") declare item: BelongsTo<Item>;
  /** As it was called when it was ordered. */
  @Field("string") declare itemName: string;
  @Field("integer") @Min(1) @Max(100) declare quantity: number;
  @Field("integer") declare cents: number;
  @Field(enumOf("open", "shipped"), { default: "open" }) declare status: "open" | "shipped";
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  /** What a customer says of an order; whose it is and what it costs is not for them to say. */
  static request(params: unknown) {
    return cast(Order, params, ["itemId", "quantity"])
      .validateRequired(["itemId", "quantity"])
      .validateSchema();
  }
}
