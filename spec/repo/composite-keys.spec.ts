import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  BelongsTo,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  InvalidQueryError,
  InvalidValueError,
  index,
  ManyToMany,
  Migration,
  metadata,
  NoPrimaryKeyValueError,
  OptionalFields,
  PrimaryKey,
  PrimaryKeyChangeError,
  PrimaryKeyExistsError,
  Repo,
  Schema,
  SchemaError,
  Sync,
  schemaOf,
  Tenant,
  UnsupportedQueryError,
  type Versionstamp,
} from "../../lib/index.js";
import { plinth } from "../cli/support/run.js";

@Schema("orgs")
class Org {
  @PrimaryKey("string") declare id: string;
  @HasMany(() => Member, "orgId", { onDelete: "deleteAll", onReplace: "delete" })
  declare members: HasMany<Member>;
  @ManyToMany(() => User, { through: () => Member, onReplace: "delete" }) declare users: ManyToMany<User>;
}

@Schema("users")
class User {
  @PrimaryKey("integer") declare id: number;
}

@Schema("members")
class Member {
  declare readonly [OptionalFields]?: "role";
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("integer") declare userId: number;
  @Field("string", { default: "reader" }) declare role: string;
  @BelongsTo(() => Org, "orgId") declare org: BelongsTo<Org>;
  @BelongsTo(() => User, "userId") declare user: BelongsTo<User>;

  static changeset(member: Member, params: unknown = {}) {
    return cast(member, params, ["userId", "role"]);
  }
}

@Schema("visits")
class Visit {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("date") declare day: string;
  @PrimaryKey("versionstamp") declare id: Versionstamp;
  @Field("string") declare page: string | null;
}

class Members extends Migration {
  override change() {
    return [create(metadata(Member)), create(metadata(Member, ["orgId"])), create(index(Member, ["role"]))];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "keys", migrations: [[1, Members]] });
  tenant = await Tenant.openEmpty(repo, "t");
  await repo.insertAll(Org, [{ id: "a" }, { id: "b" }], { tenant });
  await repo.insertAll(User, [{ id: 1 }, { id: 2 }, { id: 10 }], { tenant });
  const pairs = [
    ["a", 1],
    ["a", 2],
    ["a", 10],
    ["b", 1],
  ] as const;
  await repo.insertAll(
    Member,
    pairs.map(([orgId, userId]) => ({ orgId, userId, role: userId === 1 ? "owner" : "reader" })),
    { tenant },
  );
});
afterAll(() => repo.close());

const keysOf = (members: readonly Member[]) => members.map(({ orgId, userId }) => `${orgId}${userId}`);

describe("a primary key of several fields", () => {
  test("finds one record by all of its values", async () => {
    expect(await repo.get(Member, { orgId: "a", userId: 1 }, { tenant })).toMatchObject({ role: "owner" });
    expect(await repo.get(Member, { userId: 2, orgId: "a" }, { tenant })).toMatchObject({ role: "reader" });
    expect(await repo.getOrThrow(Member, ["b", 1], { tenant })).toMatchObject({ orgId: "b" });
    expect(await repo.get(Member, { orgId: "b", userId: 2 }, { tenant })).toBeNull();
    for (const id of ["a", ["a"], { orgId: "a" }, { orgId: "a", userId: 1, role: "x" }, ["a", 1, 2]])
      await expect(repo.get(Member, id, { tenant })).rejects.toThrow(InvalidQueryError);
    await expect(repo.get(Member, ["a", "1"], { tenant })).rejects.toThrow(InvalidValueError);
    await expect(repo.get(Member, ["a", null], { tenant })).rejects.toThrow(NoPrimaryKeyValueError);
  });

  test("is one range by the values of its first fields, in the order of the key", async () => {
    const plan = await repo.explain(from(Member).where({ orgId: "a" }), { tenant });
    expect([plan.access, plan.index]).toEqual(["range", null]);
    expect(keysOf(await repo.allBy(Member, { orgId: "a" }, { tenant }))).toEqual(["a1", "a2", "a10"]);
    const some = from(Member).where({ orgId: "a", userId: { gt: 1 } });
    expect(keysOf(await repo.all(some.orderBy({ userId: "desc" }), { tenant }))).toEqual(["a10", "a2"]);
    expect(keysOf(await repo.allRange(Member as never, ["a", 2], ["a", null], { tenant }))).toEqual([
      "a2",
      "a10",
    ]);
    await expect(repo.allRange(Member as never, ["a", 2], ["b", 2], { tenant })).rejects.toThrow(
      UnsupportedQueryError,
    );
    await expect(repo.all(from(Member).where({ userId: 1 }), { tenant })).rejects.toThrow(
      UnsupportedQueryError,
    );
    expect(keysOf(await repo.allBy(Member, { role: "owner" }, { tenant }))).toEqual(["a1", "b1"]);
    const page = await repo.page(from(Member), { limit: 2, tenant });
    const next = await repo.page(from(Member), { limit: 2, after: page.next, tenant });
    expect([keysOf(page.rows), keysOf(next.rows)]).toEqual([
      ["a1", "a2"],
      ["a10", "b1"],
    ]);
  });

  test("is taken or free as a whole, and stays what it is", async () => {
    await expect(repo.insert(Member, { orgId: "a", userId: 1 }, { tenant })).rejects.toThrow(
      PrimaryKeyExistsError,
    );
    const upsert = { tenant, onConflict: { replace: ["role"] } } as const;
    const made = await repo.insert(Member, { orgId: "b", userId: 7, role: "guest" }, upsert);
    expect((await repo.insert(Member, { orgId: "b", userId: 7, role: "host" }, upsert)).role).toBe("host");
    for (const changes of [{ orgId: "a" }, { userId: 8 }])
      await expect(repo.update(change(made, changes as never))).rejects.toThrow(PrimaryKeyChangeError);
    expect((await repo.update(change(made, { role: "reader" }))).role).toBe("reader");
    expect(await repo.reloadOrThrow(made)).toMatchObject({ orgId: "b", userId: 7, role: "reader" });
    const names = ["orgId", "userId"];
    expect(schemaOf(Member).keyFields.map(({ name }) => name)).toEqual(names);
    expect(Object.keys(made)).toEqual([...names, "role"]);
    await repo.delete(made);
    expect(await repo.reload(made)).toBeNull();
    await expect(repo.insert(Member, { orgId: "b" } as never, { tenant })).rejects.toThrow(
      NoPrimaryKeyValueError,
    );
  });

  test("may end in a versionstamp", async () => {
    const day = (n: number) => `2026-01-0${n}`;
    const visits = [1, 1, 2].map((n) => ({ orgId: "a", day: day(n), page: `p${n}` }));
    const { records } = await repo.insertAll(Visit, visits, { tenant });
    expect(await repo.allBy(from(Visit).select("page"), { orgId: "a", day: day(1) }, { tenant })).toEqual([
      "p1",
      "p1",
    ]);
    const [, second] = records;
    expect(await repo.get(Visit, { orgId: "a", day: day(1), id: second!.id }, { tenant })).toEqual(second);
    const key = ["a", day(2)] as const;
    expect(await repo.allRange(Visit as never, [...key, null], [...key, null], { tenant })).toHaveLength(1);
  });

  test("is what relations are made of", async () => {
    const org = await repo.getOrThrow(Org, "a", { tenant });
    const loaded = await repo.preload(org, ["members.user", "users"]);
    expect(loaded.members.map(({ user }) => user.id)).toEqual([1, 2, 10]);
    expect(loaded.users.map(({ id }) => id)).toEqual([1, 2, 10]);
    const params = { members: [{ userId: 2, role: "editor" }, { userId: 1 }, { userId: 3, role: "new" }] };
    await repo.update(cast(loaded, params, []).castAssoc("members") as never);
    const now = await repo.allBy(Member, { orgId: "a" }, { tenant });
    expect(now.map(({ userId, role }) => [userId, role])).toEqual([
      [1, "owner"],
      [2, "editor"],
      [3, "new"],
    ]);
    const only = await repo.preload(await repo.getOrThrow(Org, "a", { tenant }), "users");
    await repo.update(change(only).putAssoc("users", [await repo.getOrThrow(User, 10, { tenant })] as never));
    expect(keysOf(await repo.allBy(Member, { orgId: "a" }, { tenant }))).toEqual(["a3", "a10"]);
    await repo.insert(Org, { id: "c", members: [{ userId: 1 }, { userId: 2 }] } as never, { tenant });
    expect(keysOf(await repo.allBy(Member, { orgId: "c" }, { tenant }))).toEqual(["c1", "c2"]);
    await repo.delete(await repo.getOrThrow(Org, "c", { tenant }));
    expect(await repo.allBy(Member, { orgId: "c" }, { tenant })).toEqual([]);
  });

  test("names the rows of live queries", async () => {
    const sync = new Sync(repo);
    const sub = await sync.subscribe(tenant, {
      one: sync.one(Member, { orgId: "b", userId: 1 }),
      all: sync.allBy(from(Member), { orgId: "b" }),
    });
    const stream = sub[Symbol.asyncIterator]();
    await stream.next();
    expect(sub.value.one?.role).toBe("owner");
    await repo.transactional(tenant, async (tx) => {
      await tx.update(change(await tx.getOrThrow(Member, ["b", 1]), { role: "guest" }));
      await tx.insert(Member, { orgId: "b", userId: 9 });
    });
    const { value: told } = await stream.next();
    expect(told!.type).toBe("change");
    const keys = (told as unknown as { changes: Record<string, { op: string; key: unknown }[]> }).changes;
    expect(keys.one).toMatchObject([{ op: "update", key: ["b", 1] }]);
    expect(keys.all!.map(({ op, key }) => [op, key]).sort()).toEqual([
      ["insert", ["b", 9]],
      ["update", ["b", 1]],
    ]);
    await sub.close();
    await sync.close();
  });

  test("is exported, imported and checked", async () => {
    const config = { repo, schemas: [Member, Visit, Org, User] };
    const exported = await plinth(["export", "t"], { config });
    expect(exported.code).toBe(0);
    const imported = await plinth(["import", "copy"], { config, stdin: exported.stdout });
    expect(imported.code).toBe(0);
    const copy = await Tenant.open(repo, "copy");
    expect((await repo.all(Member, { tenant: copy })).map((one) => ({ ...one }))).toEqual(
      (await repo.all(Member, { tenant })).map((one) => ({ ...one })),
    );
    expect(await repo.all(Visit, { tenant: copy })).toHaveLength(3);
    expect((await plinth(["check", "-t", "copy"], { config })).code).toBe(0);
  });
});

describe("a definition that cannot be", () => {
  const refused = (define: () => unknown) => expect(define).toThrow(SchemaError);

  test("of a composite key", () => {
    refused(() => {
      @Schema("x")
      class Partitioned {
        @PrimaryKey("string") declare a: string;
        @PrimaryKey("string", { partitionBy: "c" }) declare b: string;
        @Field("string") declare c: string;
      }
      schemaOf(Partitioned);
    });
    refused(() => {
      @Schema("x")
      class Stamped {
        @PrimaryKey("versionstamp") declare a: Versionstamp;
        @PrimaryKey("string") declare b: string;
      }
      schemaOf(Stamped);
    });
    refused(() => {
      @Schema("x")
      class Json {
        @PrimaryKey("string") declare a: string;
        @PrimaryKey("json") declare b: unknown;
      }
      schemaOf(Json);
    });
    refused(() => {
      @Schema("x")
      class Badge {
        @PrimaryKey("string") declare id: string;
        @Field("string") declare memberId: string;
        @BelongsTo(() => Member, "memberId") declare member: BelongsTo<Member>;
      }
      schemaOf(Badge).association("member").target();
    });
  });
});
