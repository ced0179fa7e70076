import { Min } from "class-validator";
import { cast, Field, InsertedAt, PrimaryKey, Schema, UpdatedAt } from "plinth";

/** What a shop sells. Deleted ones stay, so that orders can name them; `deletedAt` says since when. */
@Schema("items")
export class Item {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare name: string;
  @Field("integer") @Min(1) declare cents: number;
  @Field("integer", { default: 0 }) @Min(0) declare stock: number;
  @Field("utc_datetime_usec") declare deletedAt: Date | null;
  @InsertedAt() declare insertedAt: Date;
  @UpdatedAt() declare updatedAt: Date;

  static changeset(item: Item | typeof Item, params: unknown = {}) {
    return cast(item, params, ["name", "cents", "stock"])
      .validateRequired(["name", "cents"])
      .validateLength("name", { max: 200 })
      .validateSchema();
  }
}
