import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  change,
  copyField,
  counter,
  create,
  deleteField,
  drop,
  Field,
  from,
  index,
  MetadataRequiredError,
  Migration,
  Migrator,
  metadata,
  PrimaryKey,
  Repo,
  registerIndexer,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { readLog } from "../../lib/layer/index.js";
import { internals } from "../../lib/repo/index.js";

// Ways in which layers on a key-value store are known to lose or invent rows, each as a spec; see pitfalls.spec.ts.

@Schema("people")
class OldPerson {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare nick: string | null;
  @Field("string") declare name: string | null;
  @Field("string") declare bio: string | null;
}

@Schema("people")
class Person {
  @Field("string") declare name: string | null;
  @Field("string") declare title: string | null;
  @Field("string") declare bio: string | null;
  @Field("integer") declare age: number | null;
  @Field("utc_datetime_usec") declare born: Date | null;
  // Not the first property, and not the first in stored records of the other class.
  @PrimaryKey("string") declare id: string;
}

@Schema("sessions")
class Session {
  @PrimaryKey("string", { partitionBy: "userId" }) declare id: string;
  @Field("string") declare userId: string;
  @Field("string") declare page: string | null;
}

@Schema("cities")
class City {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare country: string | null;
}

const told: string[] = [];
registerIndexer("people-told", {
  set: (_, { record }) => told.push(`set ${record.id}`),
  clear: (_, { record }) => told.push(`clear ${record.id}`),
});

class All extends Migration {
  change() {
    return [
      create(metadata(Person)),
      create(metadata(Person, ["name"])),
      create(index(Person, ["name"])),
      create(index(Person, ["age"])),
      create(index(Person, ["born"])),
      create(counter(Person)),
      create(counter(Person, ["name", "age"])),
      create(index(Person, ["title"], { name: "told", indexer: "people-told" })),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
let n = 0;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "integrity", migrations: [[1, All]] });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, `integrity ${n++}`);
  told.length = 0;
});
afterAll(() => repo.close());

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

describe("a row that holds fields which the schema does not have", () => {
  test("is led to by its index after it was replaced as a whole, and keeps its key in field operations", async () => {
    await repo.insert(OldPerson, { id: "1", nick: "nicky", name: "John" }, { tenant });
    await repo.insert(Person, { id: "1", name: "Jane" }, { tenant, onConflict: "replaceAll" });
    expect(await repo.getBy(Person, { name: "Jane" }, { tenant })).toMatchObject({ id: "1" });
    expect(await repo.getBy(Person, { name: "John" }, { tenant })).toBeNull();
    expect(await copyField(repo, tenant, Person, "name", "title")).toEqual({ rows: 1, changed: 1 });
    expect(await repo.get(Person, "1", { tenant })).toMatchObject({ name: "Jane", title: "Jane" });
    await repo.delete((await repo.getBy(Person, { name: "Jane" }, { tenant }))!);
    expect(await repo.count(from(Person).using("people_name_index"), { tenant })).toBe(0);
  });

  test("is visited once by copies and deletions of fields, whose steps end inside of long rows and between keys that extend each other", async () => {
    const long = "x".repeat(200_000);
    const rows = ["a", "a\0", "a\0b", "ab", "b"].map((id, i) => ({
      id,
      nick: `n ${id}`,
      name: `name ${id}`,
      bio: i % 2 === 0 ? long : null,
    }));
    await repo.insertAll(OldPerson, rows, { tenant });
    expect(await copyField(repo, tenant, Person, "name", "title", { stepBytes: 1 })).toEqual({
      rows: 5,
      changed: 5,
    });
    expect(await deleteField(repo, tenant, Person, "nick", { stepBytes: 1 })).toEqual({
      rows: 5,
      changed: 5,
    });
    const after = await repo.all(from(OldPerson), { tenant });
    expect(after.map(({ id, nick, bio }) => [id, nick, bio?.length ?? 0])).toEqual(
      rows.map(({ id, bio }) => [id, null, bio?.length ?? 0]),
    );
    expect(await repo.all(from(Person).select("title"), { tenant })).toEqual(rows.map(({ name }) => name));
  });
});

describe("a deletion of everything", () => {
  test("counts rows, and is told to counters, the log, indexes and indexers as the deletion of each", async () => {
    const rows = Array.from({ length: 5 }, (_, i) => ({
      id: `${i}`,
      name: `n${i % 2}`,
      age: i % 2,
      bio: i === 3 ? "x".repeat(190_000) : null,
    }));
    await repo.insertAll(Person, rows, { tenant });
    await repo.insert(City, { id: "untouched" }, { tenant });
    told.length = 0;
    const { value, version } = await repo.transactional(tenant, () => repo.deleteAll(Person), {
      returning: "version",
    });
    expect(value).toEqual({ count: 5 });
    expect(told.sort()).toEqual(ids(rows).map((id) => `clear ${id}`));
    expect(await repo.count(Person, { tenant })).toBe(0);
    expect(await repo.count(from(Person).where({ name: "n0", age: 0 }), { tenant })).toBe(0);
    for (const name of ["primary", "people_name_index", "people_age_index"])
      expect(await repo.all(from(Person).using(name), { tenant })).toEqual([]);
    const { entries } = await internals(repo).run(tenant, ({ tx }) =>
      readLog(tx, tenant, "people", { after: version - 1n }),
    );
    expect(entries.map(({ op }) => op)).toEqual(rows.map(() => "delete"));
    expect(await repo.get(City, "untouched", { tenant })).not.toBeNull();
    await repo.insert(Person, { id: "new", name: "n0", age: 0 }, { tenant });
    expect(await repo.count(from(Person).where({ name: "n0", age: 0 }), { tenant })).toBe(1);
  });
});

describe("what is dropped and created again", () => {
  class Dropped extends Migration {
    change() {
      return [
        drop(counter(Person)),
        drop(counter(Person, ["name", "age"])),
        drop(metadata(Person)),
        drop(metadata(Person, ["name"])),
      ];
    }
  }
  class Again extends Migration {
    change() {
      return [create(counter(Person)), create(counter(Person, ["name", "age"])), create(metadata(Person))];
    }
  }

  test("counts from what is stored, and not from what it counted before", async () => {
    await repo.insertAll(
      Person,
      [
        { id: "1", name: "a", age: 1 },
        { id: "2", name: "a", age: 1 },
      ],
      { tenant },
    );
    await Migrator.up(repo, tenant, [
      [1, All],
      [2, Dropped],
    ]);
    await repo.delete((await repo.get(Person, "1", { tenant }))!);
    const { version } = await repo.transactional(
      tenant,
      () => repo.insert(Person, { id: "3", name: "a", age: 2 }),
      { returning: "version" },
    );
    await Migrator.up(repo, tenant, [
      [1, All],
      [2, Dropped],
      [3, Again],
    ]);
    expect(await repo.count(Person, { tenant })).toBe(2);
    expect(await repo.count(from(Person).where({ name: "a", age: 1 }), { tenant })).toBe(1);
    const log = await internals(repo).run(tenant, ({ tx }) =>
      readLog(tx, tenant, "people", { after: version }),
    );
    expect(log).toMatchObject({ entries: [], expired: true });
  });
});

describe("counts and signals by some of an index's fields", () => {
  test("are of all values of the others, not of rows whose other fields are empty", async () => {
    await repo.insertAll(
      Person,
      [1, 2, null].map((age, i) => ({ id: `${i}`, name: "a", age })),
      { tenant },
    );
    expect(await repo.count(from(Person).where({ name: "a" }), { tenant })).toBe(3);
    expect(await repo.count(from(Person).where({ name: "a", age: null }), { tenant })).toBe(1);
    await using sync = new Sync(repo);
    await using live = await sync.subscribe(tenant, { a: sync.signal(Person, "inserts", { name: "a" }) });
    const before = live.value.a;
    const { version } = await repo.transactional(
      tenant,
      () => repo.insert(Person, { id: "9", name: "a", age: 7 }),
      { returning: "version" },
    );
    await live.until(version);
    expect(live.value.a).toBe(before + 1);
  });

  test("are refused for a source that does not tell its changes", async () => {
    await using sync = new Sync(repo);
    const signal = sync.signal(City, "changes", { country: "no" });
    await expect(sync.subscribe(tenant, { signal })).rejects.toThrow(MetadataRequiredError);
  });
});

test("a watch on a partitioned row stands on the key that the row has", async () => {
  await using sync = new Sync(repo);
  await using live = await sync.subscribe(tenant, {
    one: sync.one(Session, ["u", "1"]),
    many: sync.many(Session, [["u", "2"], { userId: "v", id: "1" }]),
  });
  const write = async (run: () => Promise<unknown>) => {
    const { version } = await repo.transactional(tenant, run, { returning: "version" });
    await live.until(version);
  };
  await write(() =>
    repo.insertAll(Session, [
      { userId: "u", id: "1", page: "a" },
      { userId: "v", id: "1", page: "b" },
    ]),
  );
  expect([live.value.one?.page, live.value.many.map(({ page }) => page)]).toEqual(["a", ["b"]]);
  await write(async () => repo.update(change(await repo.getOrThrow(Session, ["u", "1"]), { page: "c" })));
  expect([live.value.one?.page, live.value.many.map(({ page }) => page)]).toEqual(["c", ["b"]]);
  await write(async () => repo.delete(await repo.getOrThrow(Session, ["u", "1"])));
  expect(live.value.one).toBeNull();
  expect(() => sync.one(Session, "1")).toThrow(/\[userId, id\]/);
});

describe("dates in an index", () => {
  const instants = [-62_198_755_200_000, -1, 0, 253_402_300_800_000, 8.64e15].map((at) => new Date(at));

  test("are in the order of time, before the year 0 and after 9999 too", async () => {
    const rows = instants.map((born, i) => ({ id: `${i}`, born }));
    await repo.insertAll(Person, rows.toReversed(), { tenant });
    expect(ids(await repo.all(from(Person).orderBy("born"), { tenant }))).toEqual(["0", "1", "2", "3", "4"]);
    const late = from(Person).where({ born: { gt: new Date(0) } });
    expect(ids(await repo.all(late, { tenant }))).toEqual(["3", "4"]);
  });

  test("are found in a query on the source's name", async () => {
    await repo.insertAll(
      Person,
      instants.map((born, i) => ({ id: `${i}`, born })),
      { tenant },
    );
    const found = async (where: object) =>
      (await repo.all(from("people").where(where).select("id"), { tenant })) as string[];
    expect(await found({ born: new Date(-1) })).toEqual(["1"]);
    expect(await found({ born: { gte: new Date(0), lt: new Date(8.64e15) } })).toEqual(["2", "3"]);
    expect(await found({ born: { in: [new Date(0), new Date(8.64e15)] } })).toEqual(["2", "4"]);
  });
});
