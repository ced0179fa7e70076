import { afterAll, beforeAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Cursor,
  create,
  Field,
  from,
  index,
  Migration,
  PrimaryKey,
  type Query,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";
import { runs, timeout } from "./runs.js";

/** Values whose packed bytes go on where those of another one end: their start does not tell the range of a key. */
@Schema("marks")
class Mark {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare word: string | null;
  @Field("binary") declare raw: Uint8Array | null;
  @Field("integer") declare rank: number | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Mark, ["word", "rank"])),
      create(index(Mark, ["raw", "rank"])),
      create(index(Mark, ["word", "raw", "rank"])),
    ];
  }
}

const words = ["x", "x\0", "x\0\0", "x\0y", "", "\0", "xÿ"];
const bytesOf = (word: string) => Buffer.from(word, "latin1");
const word = fc.constantFrom(...words);
const rowsOf = fc
  .array(
    fc.record({
      word: fc.option(word, { nil: null, freq: 8 }),
      raw: fc.option(word, { nil: null, freq: 8 }),
      rank: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
    }),
    { minLength: 4, maxLength: 16 },
  )
  .map((rows) =>
    rows.map((row, at) => ({
      ...row,
      id: `${"x\0".repeat(at % 4)}${at}`,
      raw: row.raw === null ? null : bytesOf(row.raw),
    })),
  );
const asked = fc.record({
  words: fc.option(fc.uniqueArray(word, { minLength: 1, maxLength: 4 })),
  raws: fc.option(fc.uniqueArray(word, { minLength: 1, maxLength: 4 })),
  direction: fc.constantFrom("asc" as const, "desc" as const),
  size: fc.integer({ min: 1, max: 4 }),
});

let repo: Repo;
let tenant: Tenant;

beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "longer-keys", migrations: [[1, Indexes]] });
  tenant = await Tenant.openEmpty(repo, "t");
});
afterAll(() => repo.close());

async function pagesOf(query: Query<Mark>, size: number, rows: number): Promise<string[]> {
  const ids: string[] = [];
  let after: Cursor | null = null;
  do {
    const page: { rows: readonly Mark[]; next: Cursor | null } = await repo.page(query, {
      limit: size,
      after,
      tenant,
    });
    ids.push(...page.rows.map(({ id }) => id));
    after = page.next;
  } while (after !== null && ids.length <= rows);
  return ids;
}

test(
  "pages and streams over merged ranges give each row once, in order, whatever bytes the values end with",
  async () => {
    let merged = 0;
    const property = fc.asyncProperty(
      rowsOf,
      fc.array(asked, { minLength: 6, maxLength: 6 }),
      async (rows, queries) => {
        await repo.deleteAll(from(Mark), { tenant });
        await repo.insertAll(Mark, rows, { tenant });
        for (const { words: some, raws, direction, size } of queries) {
          if (some === null && raws === null) continue;
          const query = from(Mark)
            .where({
              ...(some !== null && { word: { in: some } }),
              ...(raws !== null && { raw: { in: raws.map(bytesOf) } }),
            })
            .orderBy({ rank: direction });
          const wanted = rows
            .filter((row) => some === null || (row.word !== null && some.includes(row.word)))
            .filter((row) => raws === null || (row.raw !== null && raws.includes(row.raw.toString("latin1"))))
            .map(({ id }) => id);
          if ((await repo.explain(query, { tenant })).text.includes("merged")) merged += 1;
          const all = (await repo.all(query, { tenant })).map(({ id }) => id);
          expect(all.toSorted()).toEqual(wanted.toSorted());
          expect(await pagesOf(query, size, rows.length)).toEqual(all);
          const streamed: string[] = [];
          for await (const { id } of repo.stream(query, { tenant, batch: size })) {
            streamed.push(id);
            if (streamed.length > rows.length) break;
          }
          expect(streamed).toEqual(all);
        }
      },
    );
    await fc.assert(property, runs(30));
    expect(merged).toBeGreaterThan(30);
  },
  timeout(60_000),
);
