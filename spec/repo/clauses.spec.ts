import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  create,
  Field,
  from,
  InvalidOptionsError,
  index,
  Migration,
  Migrator,
  MultipleResultsError,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@Schema("people")
class Person {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("string") declare title: string | null;
  @Field("integer") declare age: number | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Person, ["name"])),
      create(index(Person, ["age"])),
      create(index(Person, ["title", "age"], { unique: true })),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "clauses", migrations: [[1, Indexes]] });
});
afterAll(() => repo.close());

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

test("several values of a unique index are in order, and none is lost between pages, when equal ones meet", async () => {
  tenant = await Tenant.openEmpty(repo, "unique");
  const rows = ["b", "a", "c"].flatMap((name, i) =>
    [1, 2].map((age) => ({ id: `${i}${age}`, name, age, title: name })),
  );
  await repo.insertAll(Person, rows, { tenant });
  const query = from(Person).where({ title: { in: ["a", "b", "c"] } });
  const wanted = ["01", "11", "21", "02", "12", "22"];
  expect(ids(await repo.all(query.orderBy("age").orderBy("id"), { tenant }))).toEqual(wanted);
  expect(ids(await repo.all(query.orderBy({ age: "desc" }).orderBy({ id: "desc" }), { tenant }))).toEqual(
    wanted.toReversed(),
  );
  expect(ids(await repo.all(query.where({ age: 1 }).orderBy({ id: "desc" }), { tenant }))).toEqual([
    "21",
    "11",
    "01",
  ]);
  await expect(repo.page(query.orderBy("age"), { limit: 2, tenant })).rejects.toThrow(
    /create\(index\(Person, \["title", "age"\], \{ name: "people_title_age_index_ordered" \}\)\)/,
  );
  const sequence = query.orderBy("title").orderBy("age");
  const pages: string[] = [];
  for await (const { id } of repo.stream(sequence, { tenant, batch: 2 })) pages.push(id);
  expect(pages).toEqual(["11", "12", "01", "02", "21", "22"]);

  class Ordered extends Migration {
    change() {
      return [create(index(Person, ["title", "age"], { name: "people_title_age_index_ordered" }))];
    }
  }
  await Migrator.up(repo, tenant, [
    [1, Indexes],
    [2, Ordered],
  ]);
  const merged: string[] = [];
  for await (const { id } of repo.stream(query.orderBy("age"), { tenant, batch: 2 })) merged.push(id);
  expect(merged).toEqual(wanted);
});

describe("no clause and no option is taken without effect", () => {
  const oldest = () =>
    from(Person)
      .where({ age: { gte: 2 } })
      .orderBy({ age: "desc" })
      .limit(3);

  beforeEach(async () => {
    tenant = await Tenant.openEmpty(repo, "people");
    await repo.insertAll(
      Person,
      [1, 2, 3, 4, 5, 6].map((age) => ({ id: `p${age}`, age, name: age < 5 ? "a" : "b" })),
      { tenant },
    );
  });

  test("conditions, order and limit hold in every verb", async () => {
    const query = oldest();
    expect(ids(await repo.all(query, { tenant }))).toEqual(["p6", "p5", "p4"]);
    await expect(repo.one(query, { tenant })).rejects.toThrow(MultipleResultsError);
    expect(await repo.getBy(query, { name: "a" }, { tenant }).catch(({ code }) => code)).toBe(
      "unsupported_query",
    );
    expect(await repo.count(query, { tenant })).toBe(3);
    expect(await repo.exists(query.limit(0), { tenant })).toBe(false);
    expect(await repo.aggregate(query, "sum", "age", { tenant })).toBe(15);
    expect(await repo.aggregate(query, "count", "name", { tenant })).toBe(3);
    expect([
      await repo.aggregate(query, "min", "age", { tenant }),
      await repo.aggregate(query, "max", "id", { tenant }),
    ]).toEqual([4, "p6"]);
    const streamed: string[] = [];
    for await (const { id } of repo.stream(query, { tenant, batch: 2 })) streamed.push(id);
    expect(streamed).toEqual(["p6", "p5", "p4"]);
    const first = await repo.page(query, { limit: 2, tenant });
    expect(ids(first.rows)).toEqual(["p6", "p5"]);
    const behind = query.after(first.next);
    expect(ids(await repo.all(behind, { tenant }))).toEqual(["p4", "p3", "p2"]);
    expect([await repo.count(behind.limit(9), { tenant }), await repo.exists(behind, { tenant })]).toEqual([
      3,
      true,
    ]);
    expect(await repo.updateAll(query, { title: "old" }, { tenant })).toEqual({ count: 3 });
    expect(await repo.deleteAll(query.reverseOrder().limit(1), { tenant, batch: 5 })).toEqual({ count: 1 });
    expect((await repo.all(from(Person), { tenant })).map(({ id, title }) => [id, title])).toEqual([
      ["p1", null],
      ["p3", null],
      ["p4", "old"],
      ["p5", "old"],
      ["p6", "old"],
    ]);
  });

  test("distinct, filters and indexes hold in every verb that takes a query", async () => {
    const names = from(Person).distinct("name");
    expect([
      await repo.count(names, { tenant }),
      await repo.aggregate(names, "count", "name", { tenant }),
    ]).toEqual([2, 2]);
    const even = from(Person).filter(({ age }) => age! % 2 === 0);
    expect([
      await repo.count(even, { tenant }),
      await repo.aggregate(even, "sum", "age", { tenant }),
    ]).toEqual([3, 12]);
    expect(await repo.aggregate(even, "max", "age", { tenant })).toBe(6);
    expect(
      await repo.exists(
        from(Person).filter(() => false),
        { tenant },
      ),
    ).toBe(false);
    expect(await repo.updateAll(even, { title: "even" }, { tenant, batch: 2 })).toEqual({ count: 3 });
    expect(await repo.deleteAll(names, { tenant })).toEqual({ count: 2 });
    await expect(repo.count(from(Person).using("nowhere"), { tenant })).rejects.toMatchObject({
      code: "invalid_query",
    });
  });

  test.each<[string, (options: never) => unknown]>([
    ["get", (options) => repo.get(Person, "p1", options)],
    ["getBy", (options) => repo.getBy(Person, { age: 1 }, options)],
    ["one", (options) => repo.one(from(Person).limit(1), options)],
    ["all", (options) => repo.all(Person, options)],
    ["allBy", (options) => repo.allBy(Person, { age: 1 }, options)],
    ["allRange", (options) => repo.allRange(Person, "a", "z", options)],
    ["count", (options) => repo.count(Person, options)],
    ["exists", (options) => repo.exists(Person, options)],
    ["aggregate", (options) => repo.aggregate(Person, "max", "age", options)],
    ["explain", (options) => repo.explain(from(Person), options)],
    ["page", (options: object) => repo.page(Person, { limit: 1, ...options })],
    ["stream", (options) => repo.stream(Person, options).next()],
    ["insert", (options) => repo.insert(Person, { id: "x" }, options)],
    ["insertAll", (options) => repo.insertAll(Person, [{ id: "x" }], options)],
    ["updateAll", (options) => repo.updateAll(Person, { title: "x" }, options)],
    ["deleteAll", (options) => repo.deleteAll(Person, options)],
  ])("%s refuses an option that it does not have", async (_name, run) => {
    const options = { tenant, orderBy: "name", where: { age: 1 } } as never;
    await expect((async () => run(options))()).rejects.toThrow(InvalidOptionsError);
    expect(await repo.count(Person, { tenant })).toBe(6);
  });
});
