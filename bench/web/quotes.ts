import { create, Field, Migration, metadata, PrimaryKey, Repo, Schema, Tenant } from "../../lib/index.js";

export const ROWS = 100;
/** Of each row's text, in bytes. */
export const TEXT = 200;

@Schema("quotes")
export class Quote {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string;
  @Field("integer") declare price: number;
}

class Quotes extends Migration {
  change() {
    return [create(metadata(Quote))];
  }
}

/** A store in memory with the rows that every server serves. */
export async function store(): Promise<[Repo, Tenant]> {
  const repo = new Repo({ url: "memory:", storageId: "bench", migrations: [[1, Quotes]] });
  const tenant = await Tenant.openEmpty(repo, "web");
  const quotes = Array.from({ length: ROWS }, (_, i) => ({ id: `q${i}`, text: "x".repeat(TEXT), price: 0 }));
  await repo.insertAll(Quote, quotes, { tenant });
  return [repo, tenant];
}
