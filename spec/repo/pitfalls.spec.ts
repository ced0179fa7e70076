import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  cast,
  change,
  create,
  Field,
  from,
  InvalidQueryError,
  index,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  StaleEntryError,
  Tenant,
  UnsupportedQueryError,
  Versionstamp,
} from "../../lib/index.js";

// Ways in which layers on a key-value store are known to go wrong, each as a spec.

@Schema("users")
class User {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("string") declare city: string | null;
  @Field("integer") declare age: number | null;
  @Field("date") declare born: string | null;
  @Field("decimal") declare balance: string | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field("string") declare text: string | null;
  @Field("integer") declare lock: number | null;
}

@Schema("items")
class QueueItem {
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare author: string;
}

@Schema("visits")
class Visit {
  @PrimaryKey("string", { partitionBy: "userId" }) declare id: string;
  @Field("string") declare userId: string;
  @Field("string") declare page: string;
}

@Schema("days")
class Day {
  @PrimaryKey("date") declare day: string;
  @Field("string") declare note: string | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(User, ["name"])),
      create(index(User, ["city", "age"])),
      create(index(User, ["age"])),
      create(index(User, ["born"])),
      create(index(User, ["id", "city"])),
      create(index(User, ["balance"], { include: ["name"] })),
      create(index(QueueItem, ["author"])),
      create(index(Visit, ["page"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
let n = 0;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "pitfalls", migrations: [[1, Indexes]] });
});
afterAll(() => repo.close());

async function users(...rows: Partial<User>[]): Promise<User[]> {
  tenant = await Tenant.openEmpty(repo, `pitfalls ${n++}`);
  const given = rows.map((row, i) => ({ id: String(i + 1), ...row }));
  return [...(await repo.insertAll(User, given, { tenant })).records];
}
const names = (rows: readonly User[]) => rows.map(({ name }) => name);
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe("rows and their indexes", () => {
  test("an upsert that keeps fields leaves no entry behind and no row without one", async () => {
    await users({ name: "John" });
    await repo.insert(
      User,
      { id: "1", name: "NotJohn" },
      { tenant, onConflict: { replaceAllExcept: ["city"] } },
    );
    expect(await repo.getBy(User, { name: "NotJohn" }, { tenant })).toMatchObject({ id: "1" });
    expect(await repo.allBy(User, { name: "John" }, { tenant })).toEqual([]);
    await repo.delete((await repo.get(User, "1", { tenant }))!);
    expect(await repo.allBy(User, { name: "NotJohn" }, { tenant })).toEqual([]);
  });

  test("a row with a versionstamp key moves in its index when it changes", async () => {
    await users();
    const item = await repo.insert(QueueItem, { author: "A" }, { tenant });
    await repo.update(change(item, { author: "B" }));
    expect((await repo.getBy(QueueItem, { author: "B" }, { tenant }))?.id.toString()).toBe(
      item.id.toString(),
    );
    expect(await repo.getBy(QueueItem, { author: "A" }, { tenant })).toBeNull();
  });

  test("an index that lists the primary key is used and finds its rows", async () => {
    await users({ city: "Oslo" }, { city: "Rome" });
    const query = from(User).where({ id: "2", city: "Rome" }).using("users_id_city_index");
    expect(ids(await repo.all(query, { tenant }))).toEqual(["2"]);
  });

  test("an index on a partitioned schema leads to its rows", async () => {
    await users();
    await repo.insert(Visit, { userId: "u", id: "1", page: "home" }, { tenant });
    expect(await repo.getBy(Visit, { page: "home" }, { tenant })).toMatchObject({ userId: "u", id: "1" });
  });

  test.each([false, true])("an index that includes the key tells it (unique: %s)", async (unique) => {
    class Including extends Migration {
      change() {
        return [
          create(index(User, ["name"], { unique, include: ["id", "age"] })),
          create(index(QueueItem, ["author"], { unique, include: ["id"] })),
          create(index(Visit, ["page"], { unique, include: ["id", "userId"] })),
          create(index(Day, ["note"], { unique, include: ["day"] })),
        ];
      }
    }
    const own = new Repo({ url: "memory:", storageId: "including", migrations: [[1, Including]] });
    const of = await Tenant.openEmpty(own, "t");
    const options = { tenant: of };
    await own.insert(User, { id: "1", name: "a", age: 4 }, options);
    const item = await own.insert(QueueItem, { author: "a" }, options);
    await own.insert(Visit, { userId: "u", id: "1", page: "home" }, options);
    await own.insert(Day, { day: "2024-02-29", note: "leap" }, options);
    expect(await own.all(from(User).where({ name: "a" }).select(["id", "age"]), options)).toEqual([
      { id: "1", age: 4 },
    ]);
    expect(await own.all(from(QueueItem).where({ author: "a" }).select("id"), options)).toEqual([item.id]);
    expect(
      await own.all(from(Visit).where({ page: "home" }).select(["id", "userId", "page"]), options),
    ).toEqual([{ id: "1", userId: "u", page: "home" }]);
    expect(await own.all(from(Day).where({ note: "leap" }).select("day"), options)).toEqual(["2024-02-29"]);
    expect(await own.updateAll(from(User).where({ name: "a" }), { name: "b" }, options)).toMatchObject({
      count: 1,
    });
    expect(await own.updateAll(from(Visit).where({ page: "home" }), { page: "end" }, options)).toMatchObject({
      count: 1,
    });
    expect(await own.get(User, "1", options)).toMatchObject({ name: "b" });
    await own.close();
  });

  test("updateAll and deleteAll through a covering index change the rows themselves", async () => {
    await users({ balance: "1.5", name: "a" }, { balance: "2.5", name: "b" });
    await repo.updateAll(from(User).where({ balance: { lt: "2" } }), { name: "changed" }, { tenant });
    expect(await repo.get(User, "1", { tenant })).toMatchObject({ name: "changed" });
    expect(await repo.all(from(User).orderBy("balance").select(["id", "name"]), { tenant })).toEqual([
      { id: "1", name: "changed" },
      { id: "2", name: "b" },
    ]);
    expect(await repo.deleteAll(from(User).where({ balance: { lt: "2" } }), { tenant })).toEqual({
      count: 1,
    });
    expect(await repo.get(User, "1", { tenant })).toBeNull();
  });

  test("a key cannot be changed, by update or by updateAll", async () => {
    const [user] = await users({});
    await expect(repo.update(change(user!, { id: "2" }))).rejects.toMatchObject({
      code: "primary_key_change",
    });
    await expect(repo.updateAll(User, { id: "2" }, { tenant })).rejects.toMatchObject({
      code: "primary_key_change",
    });
    expect(ids(await repo.all(User, { tenant }))).toEqual(["1"]);
  });

  test("streams cross page boundaries inside long rows, through an index, and between keys that extend each other", async () => {
    const long = "x".repeat(250_000);
    const rows = ["a", "a\0b", "a\0c", "b", "ba"].map((id) => ({
      id,
      name: `n ${id}`,
      text: id === "a\0b" ? null : long,
    }));
    await users(...rows);
    for (const batch of [1, 2, 3]) {
      const seen: string[] = [];
      for await (const { id } of repo.stream(User, { tenant, batch })) seen.push(id);
      expect(seen).toEqual(rows.map(({ id }) => id));
      const byIndex: string[] = [];
      for await (const { id } of repo.stream(from(User).orderBy({ name: "desc" }), { tenant, batch }))
        byIndex.push(id);
      expect(byIndex).toEqual(rows.map(({ id }) => id).reverse());
    }
  });

  test("deleteAll counts rows", async () => {
    await users({ text: "x".repeat(250_000), name: "long" }, { name: "short" });
    expect(await repo.deleteAll(User, { tenant })).toEqual({ count: 2 });
    expect(await repo.count(from(User).where({ name: { gte: "" } }), { tenant })).toBe(0);
  });

  test("a key does not stand for the keys that extend it", async () => {
    await users({ id: "a", name: "x" }, { id: "a\0b", name: "x" });
    expect(await repo.get(User, "a", { tenant })).toMatchObject({ id: "a" });
    expect(ids(await repo.all(from(User).where({ name: "x", id: "a" }), { tenant }))).toEqual(["a"]);
    expect(await repo.get(User, "a\0", { tenant })).toBeNull();
  });
});

describe("queries", () => {
  test("every condition on a field counts", async () => {
    await users({ age: 1 }, { age: 2 }, { age: 4 }, { age: 9 });
    const ages = async (query: ReturnType<typeof from<User>>) =>
      (await repo.all(query, { tenant })).map(({ age }) => age);
    expect(
      await ages(
        from(User)
          .where({ age: { gt: 1 } })
          .where({ age: { gt: 3 } }),
      ),
    ).toEqual([4, 9]);
    expect(await ages(from(User).where({ age: { gt: 1, lt: 9, lte: 4 } }))).toEqual([2, 4]);
    expect(
      await ages(
        from(User)
          .where({ age: { in: [2, 9] } })
          .where({ age: { in: [9, 4] } }),
      ),
    ).toEqual([9]);
  });

  test("orders add up, hold for fields that are not selected, and put empty values in one place", async () => {
    await users(
      { city: "b", age: 1, born: null },
      { city: "a", age: 2, born: "2001-01-01" },
      { city: "a", age: 1, born: "2000-01-01" },
    );
    const order = async (query: ReturnType<typeof from<User>>) => repo.all(query.select("id"), { tenant });
    expect(await order(from(User).orderBy("city").orderBy("age"))).toEqual(["3", "2", "1"]);
    expect(await order(from(User).orderBy({ city: "desc" }).orderBy({ age: "desc" }))).toEqual([
      "1",
      "2",
      "3",
    ]);
    expect(await order(from(User).orderBy({ city: "asc", age: "desc" }))).toEqual(["2", "3", "1"]);
    expect(await order(from(User).orderBy("born"))).toEqual(["1", "3", "2"]);
    expect(await order(from(User).using("primary").orderBy("born"))).toEqual(["1", "3", "2"]);
    expect(await order(from(User).orderBy({ born: "desc" }))).toEqual(["2", "3", "1"]);
    expect(await order(from(User).using("primary").orderBy({ born: "desc" }))).toEqual(["2", "3", "1"]);
  });

  test("a limit may be a variable, and is part of the query alone", async () => {
    await users({}, {}, {});
    for (const limit of [0, 1, 2, 5]) {
      expect(await repo.all(from(User).limit(limit), { tenant })).toHaveLength(Math.min(limit, 3));
      await expect(repo.all(User, { tenant, limit } as never)).rejects.toMatchObject({
        code: "invalid_options",
      });
    }
  });

  test("a range on a list is refused in words", async () => {
    await users({ tags: ["a"] });
    const query = from(User).where({ tags: { gt: ["a"] } } as never);
    await expect(repo.all(query, { tenant })).rejects.toThrow(/array\(string\)|tags/);
  });

  test("less than does not find empty values", async () => {
    await users({ name: null }, { name: "b" });
    expect(names(await repo.all(from(User).where({ name: { lt: "z" } }), { tenant }))).toEqual(["b"]);
    expect(names(await repo.all(from(User).where({ name: { lte: "" } }), { tenant }))).toEqual([]);
    expect(ids(await repo.all(from(User).where({ name: null }), { tenant }))).toEqual(["1"]);
    expect(ids(await repo.all(from(User).where({ name: { isNull: true } }), { tenant }))).toEqual(["1"]);
    expect(ids(await repo.all(from(User).where({ name: { isNull: false } }), { tenant }))).toEqual(["2"]);
  });

  test("the OrThrow reads work at once in a transaction", async () => {
    await users({ name: "a" });
    const found = await repo.transactional(tenant, () =>
      Promise.all([
        repo.getOrThrow(User, "1"),
        repo.getByOrThrow(User, { name: "a" }),
        repo.oneOrThrow(from(User)),
      ]),
    );
    expect(ids(found)).toEqual(["1", "1", "1"]);
  });

  test("allRange keeps what the query says", async () => {
    await users({ name: "a" }, { name: "b" }, { name: "a" });
    expect(
      ids(await repo.allRange(from(User).where({ name: "a" }).orderBy({ id: "desc" }), "1", "4", { tenant })),
    ).toEqual(["3", "1"]);
  });

  test("keys and fields of dates and decimals are ordered as values, also outside of four-digit years", async () => {
    await users({ balance: "10" }, { balance: "-2.5" }, { balance: "9.75" }, { balance: "1.0" });
    expect(
      (
        await repo.all(
          from(User)
            .where({ balance: { gt: "-3" } })
            .orderBy("balance"),
          { tenant },
        )
      ).map(({ balance }) => Number(balance)),
    ).toEqual([-2.5, 1, 9.75, 10]);
    expect(await repo.exists(from(User).where({ balance: "1.00" }), { tenant })).toBe(true);
    await repo.insertAll(
      Day,
      ["2024-02-29", "2023-12-31", "2024-03-01"].map((day) => ({ day })),
      { tenant },
    );
    expect(
      await repo.all(
        from(Day)
          .where({ day: { gte: "2024-01-01" } })
          .select("day"),
        { tenant },
      ),
    ).toEqual(["2024-02-29", "2024-03-01"]);
    expect(() => from(Day).where({ day: "yesterday" })).toThrow(InvalidQueryError);
  });

  test("updateAll sets literal values, and counts the rows that it found", async () => {
    await users({ name: "John" }, { name: "John" });
    expect(await repo.updateAll(from(User).where({ name: "John" }), { name: "Jane" }, { tenant })).toEqual({
      count: 2,
    });
    expect(names(await repo.all(User, { tenant }))).toEqual(["Jane", "Jane"]);
  });

  test("a lock sees the change of another", async () => {
    const [user] = await users({ lock: 1 });
    await repo.update(change(user!, { lock: 2 }));
    await expect(repo.update(change(user!, { name: "x" }).optimisticLock("lock"))).rejects.toThrow(
      StaleEntryError,
    );
  });

  test("a versionstamp is cast from text to what is stored", async () => {
    await users();
    const item = await repo.insert(QueueItem, { author: "cast" }, { tenant });
    const changeset = cast(QueueItem, { id: item.id.toString() }, ["id"]);
    expect(changeset.changes.id?.toString()).toBe(item.id.toString());
    expect((await repo.get(QueueItem, changeset.changes.id!, { tenant }))?.author).toBe("cast");
  });

  test("what cannot be served is refused, and says how it could be", async () => {
    await users();
    for (const query of [
      from(User).where({ text: "x" }),
      from(User)
        .where({ age: { gt: 1 } })
        .orderBy("name")
        .limit(1),
      from(User).distinct("city").where({ name: "x" }),
    ]) {
      await expect(repo.all(query, { tenant })).rejects.toThrow(UnsupportedQueryError);
    }
  });

  test("distinct gives the first row of each value, with limits, backwards and in pages", async () => {
    await users({ city: "a", age: 2 }, { city: "a", age: 1 }, { city: "b" }, { city: null });
    const query = from(User).distinct("city");
    expect(ids(await repo.all(query, { tenant }))).toEqual(["4", "2", "3"]);
    expect(ids(await repo.all(query.limit(2), { tenant }))).toEqual(["4", "2"]);
    expect(ids(await repo.all(query.reverseOrder(), { tenant }))).toEqual(["3", "1", "4"]);
    const first = await repo.page(query, { limit: 2, tenant });
    expect(ids((await repo.page(query, { limit: 2, tenant, after: first.next })).rows)).toEqual(["3"]);
  });

  test("a cursor belongs to its query", async () => {
    await users({ age: 1 }, { age: 2 }, { age: 3 });
    const page = await repo.page(from(User).orderBy("age"), { limit: 1, tenant });
    const invalid = { code: "invalid_cursor" };
    await expect(
      repo.page(from(User).orderBy({ age: "desc" }), { limit: 1, tenant, after: page.next }),
    ).rejects.toMatchObject(invalid);
    await expect(
      repo.page(from(User).where({ age: 1 }), { limit: 1, tenant, after: page.next }),
    ).rejects.toMatchObject(invalid);
    await expect(repo.page(from(User), { limit: 1, tenant, after: "x" as never })).rejects.toMatchObject(
      invalid,
    );
    await expect(repo.all(from(User).after("__proto__" as never), { tenant })).rejects.toMatchObject(invalid);
    expect(
      ids((await repo.page(from(User).orderBy("age"), { limit: 5, tenant, after: page.next })).rows),
    ).toEqual(["2", "3"]);
  });

  test("filter and scan test in memory, and a limit counts what is kept", async () => {
    await users(
      ...Array.from({ length: 300 }, (_, i) => ({
        id: String(i).padStart(3, "0"),
        age: i,
        text: i % 100 === 99 ? "hit" : "miss",
      })),
    );
    expect(
      ids(
        await repo.all(
          from(User)
            .filter(({ text }) => text === "hit")
            .limit(2),
          { tenant },
        ),
      ),
    ).toEqual(["099", "199"]);
    expect(
      ids(
        await repo.all(
          from(User)
            .where({ age: { gte: 50 } })
            .filter(({ text }) => text === "hit")
            .limit(2),
          { tenant },
        ),
      ),
    ).toEqual(["099", "199"]);
    expect(
      ids(
        await repo.all(
          from(User).where({ text: "hit" }).orderBy({ text: "asc", id: "desc" }).limit(1).scan(),
          { tenant },
        ),
      ),
    ).toEqual(["299"]);
  });
});
