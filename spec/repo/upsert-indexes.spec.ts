import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  InvalidOptionsError,
  index,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";
import { lateEngine } from "../../lib/testing/index.js";

@Schema("users")
class Old {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare mail: string | null;
  @Field("string") declare team: string | null;
  @Field("integer") declare number: number | null;
  @Field("string") declare nick: string | null;
  @Field("boolean") declare live: boolean;
}

/** The class of a later release, in which a property has another name. */
@Schema("users")
class User {
  @PrimaryKey("string") declare id: string;
  @Field("string", { source: "mail" }) declare email: string | null;
  @Field("string") declare team: string | null;
  @Field("integer") declare number: number | null;
  @Field("string") declare nick: string | null;
  @Field("boolean") declare live: boolean;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Old, ["mail"], { unique: true, include: ["nick"] })),
      create(index(Old, ["team", "number"], { unique: true })),
      create(index(Old, ["nick"], { unique: true, where: { live: true } })),
    ];
  }
}

describe.each(["prompt", "late"])("upserts on unique indexes of every kind, on a %s engine", (kind) => {
  let repo: Repo;
  let tenant: Tenant;
  beforeAll(async () => {
    const engine = await openEngine("memory:");
    repo = new Repo({
      engine: kind === "late" ? lateEngine(engine, { seed: 3 }) : engine,
      storageId: "upserts",
      migrations: [[1, Indexes]],
    });
  });
  afterAll(async () => {
    await repo.close();
  });
  const user = (id: string, attrs: Partial<User> = {}) => ({
    id,
    email: null,
    team: null,
    number: null,
    nick: null,
    live: true,
    ...attrs,
  });
  beforeEach(async () => {
    tenant = await Tenant.openEmpty(repo, `${kind} t`);
    await repo.insert(User, user("a", { email: "a@x", team: "t", number: 1, nick: "an" }), { tenant });
  });
  const stored = async () =>
    (await repo.all(from(User).orderBy("id"), { tenant })).map(({ id, email, team, number, nick }) => [
      id,
      email,
      team,
      number,
      nick,
    ]);

  test("a renamed property is the field of the index, in upserts, rules and their errors", async () => {
    const upsert = { tenant, onConflict: { replace: ["nick"] }, conflictTarget: ["email"] } as const;
    const merged = await repo.insert(User, user("b", { email: "a@x", nick: "new" }), upsert);
    expect(merged).toMatchObject({ id: "a", nick: "new", team: "t" });
    const rule = change(User, user("c", { email: "a@x" })).uniqueConstraint("email");
    const refused = await repo.tryInsert(rule, { tenant });
    expect(refused).toMatchObject({ ok: false, changeset: { errors: [{ field: "email" }] } });
    await expect(repo.insert(User, user("c", { email: "a@x" }), { tenant })).rejects.toMatchObject({
      violation: { fields: ["email"] },
    });
    expect(await stored()).toEqual([["a", "a@x", "t", 1, "new"]]);
  });

  test("a composite index takes its fields in any order; a null among them conflicts with nothing", async () => {
    const upsert = { tenant, onConflict: { replace: ["nick"] }, conflictTarget: ["number", "team"] } as const;
    await repo.insert(User, user("b", { team: "t", number: 1, nick: "two" }), upsert);
    await repo.insert(User, user("c", { team: "t", nick: "three" }), upsert);
    await repo.insert(User, user("d", { team: "t", nick: "four" }), upsert);
    expect(await stored()).toEqual([
      ["a", "a@x", "t", 1, "two"],
      ["c", null, "t", null, "three"],
      ["d", null, "t", null, "four"],
    ]);
  });

  test("a partial index conflicts only with what it holds", async () => {
    const upsert = { tenant, onConflict: { replace: ["team", "live"] }, conflictTarget: ["nick"] } as const;
    await repo.insert(User, user("b", { nick: "an", live: false }), upsert);
    await repo.insert(User, user("c", { nick: "an", team: "u" }), upsert);
    expect(await stored()).toEqual([
      ["a", "a@x", "u", 1, "an"],
      ["b", null, null, null, "an"],
    ]);
    const hidden = await repo.insert(User, user("d", { nick: "new", live: true }), upsert);
    await repo.update(change(hidden, { live: false }));
    await repo.insert(User, user("e", { nick: "new" }), upsert);
    expect((await stored()).map(([id]) => id)).toEqual(["a", "b", "d", "e"]);
  });

  test("the rows of a list meet each other, and trade other unique values", async () => {
    const upsert = {
      tenant,
      onConflict: { replace: ["team", "number", "nick"] },
      conflictTarget: ["email"],
    } as const;
    const rows = [
      user("b", { email: "b@x", team: "t", number: 2 }),
      user("c", { email: "b@x", team: "t", number: 3, nick: "c" }),
      user("d", { email: null }),
      user("e", { email: "a@x", team: "t", number: 4, nick: "e" }),
    ];
    const { count, records } = await repo.insertAll(User, rows, upsert);
    expect([count, records.map(({ id }) => id)]).toEqual([4, ["b", "b", "d", "a"]]);
    const traded = [
      user("x", { email: "a@x", team: "t", number: 3 }),
      user("y", { email: "b@x", team: "t", number: 4 }),
    ];
    await repo.insertAll(User, traded, upsert);
    expect(await stored()).toEqual([
      ["a", "a@x", "t", 3, null],
      ["b", "b@x", "t", 4, null],
      ["d", null, null, null, null],
    ]);
  });

  test("to replace the primary key is refused, and nothing is written", async () => {
    for (const conflictTarget of [undefined, ["email"]] as const) {
      const upsert = {
        tenant,
        onConflict: { replace: ["id", "nick"] },
        ...(conflictTarget && { conflictTarget }),
      } as const;
      const given = user("a", { email: "a@x", nick: "other" });
      await expect(repo.insert(User, given, upsert)).rejects.toThrow(InvalidOptionsError);
      await expect(repo.insertAll(User, [given], upsert)).rejects.toThrow(/User\.id.*keeps its key/);
    }
    expect(await stored()).toEqual([["a", "a@x", "t", 1, "an"]]);
  });
});
