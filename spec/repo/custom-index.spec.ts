import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
  create,
  Field,
  from,
  type Indexer,
  index,
  Migration,
  PrimaryKey,
  Repo,
  registerIndexer,
  Schema,
  Tenant,
} from "../../lib/index.js";

@Schema("people_by_initial")
class Person {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string;
}

const initial = (name: unknown) => String(name).slice(0, 1).toUpperCase();

const byInitial: Indexer = {
  set: ({ tx, key }, { record, pk }) => tx.set(key([initial(record.name), ...pk]), new Uint8Array()),
  clear: ({ tx, key }, { record, pk }) => tx.clear(key([initial(record.name), ...pk])),
  range: ({ range }, { name }) => range([initial(name)]),
};

class Initials extends Migration {
  change() {
    return [create(index(Person, ["name"], { indexer: "by-initial" }))];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  registerIndexer("by-initial", byInitial);
  repo = new Repo({ url: "memory:", storageId: "custom", migrations: [[1, Initials]] });
  tenant = await Tenant.openEmpty(repo, "t");
  await repo.insertAll(
    Person,
    ["Jesse", "Sarah", "Jane"].map((name, i) => ({ id: String(i), name })),
    { tenant },
  );
});
afterAll(() => repo.close());

test("a custom index answers the conditions on its fields, by the range of its indexer", async () => {
  const names = async (query: ReturnType<typeof from<Person>>) =>
    (await repo.all(query, { tenant })).map(({ name }) => name);
  expect(await names(from(Person).where({ name: "J" }))).toEqual(["Jesse", "Jane"]);
  expect(await names(from(Person).where({ name: "j" }).reverseOrder().limit(1))).toEqual(["Jane"]);
  expect(await names(from(Person).where({ name: "J" }).orderBy("name"))).toEqual(["Jane", "Jesse"]);
  expect(
    await names(
      from(Person)
        .where({ name: "J" })
        .filter(({ name }) => name.length > 4)
        .limit(5),
    ),
  ).toEqual(["Jesse"]);
  expect(await repo.explain(from(Person).where({ name: "J" }), { tenant })).toMatchObject({
    index: "people_by_initial_name_index",
    requests: 1,
    fetchesRows: true,
  });
});

test("other conditions, orders with a limit and pages are refused", async () => {
  for (const query of [
    from(Person).where({ name: { gt: "J" } }),
    from(Person).where({ name: "J" }).orderBy("name").limit(1),
  ]) {
    await expect(repo.all(query, { tenant })).rejects.toMatchObject({ code: "unsupported_query" });
  }
});
