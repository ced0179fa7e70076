import {
  create,
  Field,
  index,
  Migration,
  type MigrationClass,
  metadata,
  PrimaryKey,
  Schema,
} from "../../lib/index.js";

@Schema("items")
export class Item {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare group: string | null;
  @Field("integer") declare score: number | null;
  @Field("float") declare rate: number | null;
  @Field("utc_datetime_usec") declare at: Date | null;
  @Field("boolean") declare live: boolean | null;
  @Field("string") declare code: string | null;
  @Field("string") declare text: string | null;
}

/** Every index that a run may choose from. */
export const possibleIndexes = [
  index(Item, ["group"]),
  index(Item, ["score"]),
  index(Item, ["group", "score"]),
  index(Item, ["group", "at"]),
  index(Item, ["live", "rate", "group"]),
  index(Item, ["at"], { include: ["score", "group"] }),
  index(Item, ["rate"], { where: { live: true } }),
  index(Item, ["score"], { name: "items_high_index", where: { score: { gte: 2 } } }),
  index(Item, ["code"], { unique: true }),
  index(Item, ["group", "code"], { unique: true, include: "all" }),
  index(Item, ["live"], { include: "all" }),
] as const;

/** A migration with the chosen indexes. */
export function migrationOf(chosen: readonly number[], logged: boolean): MigrationClass {
  return class extends Migration {
    change() {
      const indexes = chosen.map((at) => create(possibleIndexes[at]!));
      return logged ? [create(metadata(Item)), ...indexes] : indexes;
    }
  };
}
