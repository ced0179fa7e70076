import { Field, InsertedAt, PrimaryKey, Schema } from "plinth";

/** A review as it was, with its date as text, so that it can be kept as JSON. */
export interface KeptReview {
  readonly id: string;
  readonly author: string;
  readonly content: string;
  readonly score: number;
  readonly insertedAt: string;
}

/** A product that was deleted, with all that went with it: what an undo needs. Its keys are in the order of time. */
@Schema("deleted_products")
export class DeletedProduct {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare productId: string;
  @Field("string") declare name: string;
  @Field("string") declare description: string | null;
  @Field("utc_datetime_usec") declare productSince: Date;
  @Field("json") declare reviews: readonly KeptReview[];
  @InsertedAt() declare insertedAt: Date;
}
