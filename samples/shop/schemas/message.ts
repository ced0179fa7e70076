import { Field, InsertedAt, PrimaryKey, Schema } from "plinth";

/** A mail that has to go out: written in the transaction that made it necessary, sent afterwards. */
@Schema("messages")
export class Message {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare userId: string;
  @Field("string") declare text: string;
  @Field("utc_datetime_usec") declare sentAt: Date | null;
  @InsertedAt() declare insertedAt: Date;
}
