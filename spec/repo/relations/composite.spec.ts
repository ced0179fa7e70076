import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  assoc,
  BelongsTo,
  build,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  HasOne,
  InvalidChangesetError,
  InvalidOptionsError,
  InvalidValueError,
  index,
  ManyToMany,
  Migration,
  MissingIndexError,
  PrimaryKey,
  Repo,
  Schema,
  SchemaError,
  schemaOf,
  Tenant,
} from "../../../lib/index.js";

@Schema("members")
class Member {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("integer") declare userId: number;
  @Field("string", { default: "" }) declare name: string;
  @HasMany(() => Badge, ["orgId", "userId"], { onDelete: "deleteAll", onReplace: "delete" })
  declare badges: HasMany<Badge>;
  @HasOne(() => Desk, ["orgId", "userId"], { onDelete: "nilifyAll", onReplace: "nilify" })
  declare desk: HasOne<Desk>;
  @ManyToMany(() => Team, { through: () => Seat, onReplace: "delete", onDelete: "deleteAll" })
  declare teams: ManyToMany<Team>;
  @HasMany(() => Seat, ["orgId", "userId"]) declare seats: HasMany<Seat>;
}

@Schema("badges")
class Badge {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare orgId: string;
  @Field("integer") declare userId: number;
  @Field("string") declare text: string;
  @BelongsTo(() => Member, ["orgId", "userId"], { onReplace: "nilify" }) declare member: BelongsTo<Member>;

  static changeset(badge: Badge, params: unknown = {}) {
    return cast(badge, params, ["id", "text"]);
  }
}

@Schema("desks")
class Desk {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("integer") declare place: number;
  @Field("integer") declare userId: number | null;
  @BelongsTo(() => Member, ["orgId", "userId"]) declare member: BelongsTo<Member>;
}

@Schema("teams")
class Team {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("string") declare slug: string;
}

/** Both keys share the organization. */
@Schema("seats")
class Seat {
  @PrimaryKey("string") declare orgId: string;
  @PrimaryKey("string") declare team: string;
  @PrimaryKey("integer") declare userId: number;
  @BelongsTo(() => Member, ["orgId", "userId"]) declare member: BelongsTo<Member>;
  @BelongsTo(() => Team, ["orgId", "team"]) declare of: BelongsTo<Team>;
}

@Schema("countries")
class Country {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare code: string | null;
  @HasMany(() => City, "country", { references: "code", onDelete: "deleteAll", onReplace: "delete" })
  declare cities: HasMany<City>;
}

@Schema("cities")
class City {
  @PrimaryKey("integer") declare id: number;
  @Field("string") declare country: string | null;
  @BelongsTo(() => Country, "country", { references: "code" }) declare in: BelongsTo<Country>;
}

class Indexes extends Migration {
  override change() {
    return [
      create(index(Badge, ["orgId", "userId"])),
      create(index(Desk, ["orgId", "userId"])),
      create(index(Seat, ["orgId", "userId"])),
      create(index(Country, ["code"], { unique: true })),
      create(index(City, ["country"])),
    ];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeEach(async () => {
  repo = new Repo({ url: "memory:", storageId: "composite", migrations: [[1, Indexes]] });
  tenant = await Tenant.openEmpty(repo, "t");
  const members = [
    ["a", 1],
    ["a", 2],
    ["b", 1],
  ] as const;
  await repo.insertAll(
    Member,
    members.map(([orgId, userId]) => ({ orgId, userId, name: `${orgId}${userId}` })),
    { tenant },
  );
  await repo.insertAll(
    Badge,
    members.flatMap(([orgId, userId], at) =>
      [1, 2].map((n) => ({ id: at * 10 + n, orgId, userId, text: `${orgId}${userId}-${n}` })),
    ),
    { tenant },
  );
});
afterEach(() => repo.close());

const member = (orgId: string, userId: number) => repo.getOrThrow(Member, { orgId, userId }, { tenant });
const texts = (badges: readonly Badge[]) => badges.map(({ text }) => text);

describe("a foreign key of several fields", () => {
  test("is followed from both sides, and reads each record once", async () => {
    const badges = await repo.all(from(Badge).preload("member"), { tenant });
    expect(badges.map((one) => [one.text, one.member?.name])).toContainEqual(["b1-2", "b1"]);
    expect(badges[0]!.member).toBe(badges[1]!.member);
    const members = await repo.all(from(Member).preload("badges"), { tenant });
    expect(members.map((one) => texts(one.badges))).toEqual([
      ["a1-1", "a1-2"],
      ["a2-1", "a2-2"],
      ["b1-1", "b1-2"],
    ]);
    const first = await repo.preload(members, {
      badges: from(Badge).orderBy({ id: "desc" }).limit(1).scan(),
    });
    expect(first.map((one) => texts(one.badges))).toEqual([["a1-2"], ["a2-2"], ["b1-2"]]);
    const ids: unknown[] = [];
    await repo.preload(members, {
      badges: (given: readonly unknown[], tx: Repo) => {
        ids.push(...given);
        return tx.all(Badge);
      },
    });
    expect(ids).toEqual(members.map(({ orgId, userId }) => ({ orgId, userId })));
    expect(texts(await repo.all(assoc(members[1]!, "badges"), { tenant }))).toEqual(["a2-1", "a2-2"]);
    expect(await repo.count(assoc([members[0]!, members[2]!], "badges"), { tenant })).toBe(4);
    expect((await repo.all(assoc(badges, "member"), { tenant })).map(({ name }) => name)).toEqual([
      "a1",
      "a2",
      "b1",
    ]);
  });

  test("is filled in by the record around, and by a parent that is given", async () => {
    const made = await repo.insert(
      Member,
      { orgId: "c", userId: 5, badges: [{ id: 51, text: "x" }] } as never,
      { tenant },
    );
    expect(await repo.getOrThrow(Badge, 51, { tenant })).toMatchObject({ orgId: "c", userId: 5 });
    const badge = await repo.insert(Badge, { id: 52, text: "y", member: made } as never, { tenant });
    expect(badge).toMatchObject({ orgId: "c", userId: 5 });
    const loaded = await repo.preload(made, "badges", { force: true, tenant });
    const params = {
      badges: [
        { id: 52, text: "z" },
        { id: 53, text: "new" },
      ],
    };
    await repo.update(cast(loaded, params, []).castAssoc("badges") as never);
    expect(texts(await repo.all(assoc(made, "badges"), { tenant }))).toEqual(["z", "new"]);
    const other = await member("a", 1);
    await repo.update(
      change(await repo.preload(badge, "member", { force: true })).putAssoc("member", other) as never,
    );
    expect(await repo.getOrThrow(Badge, 52, { tenant })).toMatchObject({ orgId: "a", userId: 1 });
    expect(() => build(Badge, { id: 1, orgId: "b", userId: 1, member: other } as never)).toThrow(
      InvalidValueError,
    );
    const both = { id: 60, orgId: "b", text: "t", member: other };
    await expect(repo.insert(Badge, both as never, { tenant })).rejects.toThrow(InvalidValueError);
    expect(await repo.get(Badge, 60, { tenant })).toBeNull();
  });

  test("has constraints, which are about all of its fields", async () => {
    const badge = await repo.getOrThrow(Badge, 1, { tenant });
    for (const changeset of [
      change(badge, { userId: 9 }).foreignKeyConstraint(["orgId", "userId"]),
      change(badge, { userId: 9 }).assocConstraint("member"),
    ])
      await expect(repo.update(changeset as never)).rejects.toThrow(InvalidChangesetError);
    await repo.update(change(badge, { userId: 2 }).assocConstraint("member") as never);
    expect(() => change(badge).foreignKeyConstraint("orgId")).toThrow(/name all of them/);
    const held = change(await member("b", 1)).noAssocConstraint("seats");
    await repo.insert(Team, { orgId: "b", slug: "x" }, { tenant });
    await repo.insert(Seat, { orgId: "b", team: "x", userId: 1 }, { tenant });
    await expect(repo.delete(held as never)).rejects.toThrow(InvalidChangesetError);
  });

  test("goes with a record that is deleted: rows, or what of the key may be empty", async () => {
    await repo.insertAll(
      Desk,
      [
        { orgId: "a", place: 1, userId: 1 },
        { orgId: "a", place: 2, userId: 2 },
      ],
      { tenant },
    );
    await repo.delete(await member("a", 1));
    expect(texts(await repo.all(Badge, { tenant }))).toEqual(["a2-1", "a2-2", "b1-1", "b1-2"]);
    expect((await repo.all(Desk, { tenant })).map(({ orgId, userId }) => [orgId, userId])).toEqual([
      ["a", null],
      ["a", 2],
    ]);
    const loaded = await repo.preload(await member("a", 2), "desk");
    await repo.update(change(loaded).putAssoc("desk", null as never) as never);
    expect(await repo.getOrThrow(Desk, ["a", 2], { tenant })).toMatchObject({ orgId: "a", userId: null });
    const desk = (await repo.preload(await repo.getOrThrow(Desk, ["a", 1], { tenant }), "member")).member;
    expect(desk).toBeNull();
    await repo.deleteAll(from(Member).where({ orgId: "b" }), { tenant });
    expect(texts(await repo.all(Badge, { tenant }))).toEqual(["a2-1", "a2-2"]);
  });

  test("joins records that share a part of it", async () => {
    const made = await repo.insertAll(
      Team,
      [
        { orgId: "a", slug: "x" },
        { orgId: "a", slug: "y" },
        { orgId: "b", slug: "x" },
      ],
      { tenant },
    );
    const [x, y, other] = made.records as [Team, Team, Team];
    const one = await repo.preload(await member("a", 1), "teams");
    const joined = await repo.update(change(one).putAssoc("teams", [x, y] as never) as never);
    const slugs = async () =>
      (await repo.preload(await member("a", 1), "teams")).teams.map(({ slug }) => slug);
    expect(await slugs()).toEqual(["x", "y"]);
    await repo.update(change(joined as Member).putAssoc("teams", [y] as never) as never);
    expect(await slugs()).toEqual(["y"]);
    const again = await repo.preload(await member("a", 1), "teams");
    await expect(repo.update(change(again).putAssoc("teams", [y, other] as never) as never)).rejects.toThrow(
      InvalidOptionsError,
    );
    expect(await slugs()).toEqual(["y"]);
    await repo.delete(await member("a", 1));
    expect(await repo.all(Seat, { tenant })).toEqual([]);
  });
});

describe("a foreign key that holds another field than the key", () => {
  test("is followed, filled in and deleted by it", async () => {
    await repo.insert(Country, { id: 1, code: "nl", cities: [{ id: 10 }, { id: 11 }] } as never, { tenant });
    await repo.insert(Country, { id: 2, code: "be" }, { tenant });
    await repo.insert(City, { id: 20, country: "be" }, { tenant });
    await repo.insertAll(
      City,
      [
        { id: 30, country: null },
        { id: 31, country: "no" },
      ],
      { tenant },
    );
    await repo.insert(Country, { id: 3, code: null }, { tenant });
    const cities = await repo.all(from(City).preload("in"), { tenant });
    expect(cities.map((one) => one.in?.id ?? null)).toEqual([1, 1, 2, null, null]);
    const countries = await repo.all(from(Country).preload("cities"), { tenant });
    expect(countries.map((one) => one.cities.map(({ id }) => id))).toEqual([[10, 11], [20], []]);
    const lost = change(cities[0]!, { country: "xx" }).assocConstraint("in");
    await expect(repo.update(lost as never)).rejects.toThrow(InvalidChangesetError);
    await repo.delete(countries[2]!);
    await repo.delete(countries[0]!);
    expect((await repo.all(City, { tenant })).map(({ id }) => id)).toEqual([20, 30, 31]);
  });

  test("is refused without its unique index", async () => {
    class Plain extends Migration {
      override change() {
        return [create(index(Country, ["code"])), create(index(City, ["country"]))];
      }
    }
    expect(() => new Repo({ url: "memory:", storageId: "x", migrations: [[1, Plain]] })).toThrow(
      MissingIndexError,
    );
    const bare = new Repo({ url: "memory:", storageId: "y" });
    const t = await Tenant.openEmpty(bare, "t");
    await bare.insert(Country, { id: 1, code: "nl" }, { tenant: t });
    const city = await bare.insert(City, { id: 1, country: "nl" }, { tenant: t });
    await expect(bare.preload(city, "in")).rejects.toThrow(MissingIndexError);
    await bare.close();
  });
});

test("definitions that do not go together are refused", () => {
  const refused = (define: () => unknown, why: RegExp) => {
    expect(define).toThrow(SchemaError);
    expect(define).toThrow(why);
  };
  const defined = (keys: unknown, options?: unknown, what = BelongsTo as unknown) => {
    class Loose {
      declare id: number;
      declare orgId: string;
      declare userId: number;
      declare note: unknown;
    }
    const add = (decorator: unknown, name: string) =>
      (decorator as (target: object, name: string) => void)(Loose.prototype, name);
    add(PrimaryKey("integer"), "id");
    add(Field("string"), "orgId");
    add(Field("integer"), "userId");
    add(Field("json"), "note");
    add(
      (what as (...given: unknown[]) => unknown)(() => Member, keys, options),
      "member",
    );
    Schema("loose")(Loose);
    return schemaOf(Loose).association("member").target();
  };
  refused(() => defined("orgId"), /whose key is orgId and userId/);
  refused(() => defined(["orgId", "userId", "id"]), /whose key is orgId and userId/);
  refused(() => defined([]), /has no foreign key/);
  refused(() => defined(["orgId", "orgId"]), /different ones/);
  refused(() => defined(["orgId", "user"]), /no field/);
  refused(() => defined(["orgId", "userId"], { references: "name" }), /one field of Member for each/);
  refused(() => defined("orgId", { references: "nam" }), /"name"/);
  refused(() => defined("orgId", { references: 5 }), /not 5/);
  refused(() => defined("orgId", { references: "note" }, HasMany), /no field of|has no order/);
  expect(defined(["orgId", "userId"]).name).toBe("Member");
  expect(schemaOf(Member).association("badges")).toMatchObject({
    foreignKey: "orgId",
    foreignKeys: ["orgId", "userId"],
  });
});
