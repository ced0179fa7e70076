import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  counter,
  create,
  EmbeddedSchema,
  EmbedsOne,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  sum,
  Tenant,
} from "../../lib/index.js";
import { plinth } from "./support/run.js";

@EmbeddedSchema()
class Address {
  @Field("string", { source: "town" }) declare city: string | null;
}

@Schema("guides")
class Guide {
  @PrimaryKey("string") declare id: string;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field({ array: "string" }) declare mails: string[] | null;
  @Field("integer") declare rank: number;
  @Field("boolean") declare live: boolean;
  @EmbedsOne(() => Address, { onReplace: "delete" }) declare address: Address | null;
}

/** One of each kind of index and of each of its options. */
class Indexes extends Migration {
  change() {
    return [
      create(index(Guide, ["tags"], { each: true })),
      create(index(Guide, ["tags", "rank"], { each: "tags", name: "by_tag_rank", include: ["live"] })),
      create(index(Guide, ["mails"], { each: "mails", unique: true })),
      create(index(Guide, ["address.city", "rank"], { priority: 3 })),
      create(index(Guide, ["rank"], { where: { live: true }, name: "live_rank" })),
      create(counter(Guide, ["live"])),
      create(sum(Guide, "rank", ["live"])),
      create(metadata(Guide, ["live"])),
    ];
  }
}

const folder = mkdtempSync(join(tmpdir(), "plinth-transfer-"));
let repo: Repo;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "transfer-indexes", migrations: [[1, Indexes]] });
});
afterAll(async () => {
  await repo.close();
  rmSync(folder, { recursive: true, force: true });
});

const guides = Array.from({ length: 30 }, (_, n) => ({
  id: `g${n}`,
  tags: n % 4 === 0 ? [] : ["all", `t${n % 3}`],
  mails: n % 2 === 0 ? null : [`m${n}`, `n${n}`],
  rank: n,
  live: n % 3 > 0,
  address: n % 5 === 0 ? null : { city: `c${n % 2}` },
}));

const queries = [
  from(Guide).where({ tags: { has: "t1" } }),
  from(Guide)
    .where({ tags: { has: "all" }, rank: { gt: 7 } })
    .orderBy({ rank: "desc" }),
  from(Guide).where({ mails: { has: "n7" } }),
  from(Guide)
    .where({ live: true, rank: { gte: 5 } })
    .using("live_rank"),
];

async function answers(tenant: Tenant) {
  const rows = await Promise.all(queries.map((query) => repo.all(query, { tenant })));
  const live = from(Guide).where({ live: true });
  return [
    ...rows.map((found) => found.map(({ id }) => id)),
    await repo.count(live, { tenant }),
    await repo.aggregate(live, "sum", "rank", { tenant }),
    (await repo.explain(queries[0]!, { tenant })).text,
  ];
}

test("an index of any kind comes back from an export as it was, and keeps what it refuses", async () => {
  const tenant = await Tenant.openOrCreate(repo, "a");
  await repo.insertAll(Guide, guides, { tenant });
  const before = await answers(tenant);
  const options = { config: { repo, schemas: [Guide] }, cwd: folder };
  const file = join(folder, "a.jsonl");
  expect(await plinth(["export", "a", "-o", file], options)).toMatchObject({ code: 0 });
  for (const [id, ...how] of [["b"], ["a", "--replace", "--yes"]]) {
    expect(await plinth(["import", id!, "-i", file, ...how], options)).toMatchObject({ code: 0, stderr: "" });
    const back = await Tenant.open(repo, id!);
    expect(await answers(back)).toEqual(before);
    expect(await plinth(["check", "--tenant", id!], options)).toMatchObject({ code: 0 });
    await expect(
      repo.insert(
        Guide,
        { id: "twin", tags: null, mails: ["x", "n7"], rank: 0, live: true },
        { tenant: back },
      ),
    ).rejects.toMatchObject({ code: "constraint_violated" });
    const again = join(folder, `${id}-again.jsonl`);
    expect(await plinth(["export", id!, "-o", again], options)).toMatchObject({ code: 0 });
    const lines = (path: string) => readFileSync(path, "utf8").split("\n").slice(1, -2);
    expect(lines(again)).toEqual(lines(file));
  }
});
