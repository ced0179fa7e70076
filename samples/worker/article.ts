import { create, Field, InsertedAt, index, Migration, metadata, PrimaryKey, Schema } from "plinth";

@Schema("articles")
export class Article {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare title: string;
  @Field("string") declare body: string;
  @InsertedAt() declare insertedAt: Date;
}

/** The search table: a word and an article that has it. Written by the worker alone. */
@Schema("words")
export class Word {
  @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
  @Field("string") declare word: string;
  @Field("binary_id") declare articleId: string;
}

export class Search extends Migration {
  change() {
    return [
      create(metadata(Article)),
      create(index(Word, ["word", "articleId"])),
      create(index(Word, ["articleId"])),
    ];
  }
}
