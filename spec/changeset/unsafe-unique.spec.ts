import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import {
  build,
  type Changeset,
  ChangesetError,
  cast,
  change,
  create,
  Field,
  IncorrectTenancyError,
  index,
  Migration,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { countWork } from "../repo/count-work.js";

@Schema("members")
class Member {
  @PrimaryKey("string") declare id: string;
  @Field("string", { source: "mail" }) declare email: string | null;
  @Field("string") declare club: string;
  @Field("integer") declare number: number | null;
  @Field("string") declare nick: string | null;
  @Field("boolean") declare live: boolean;
  @Field("string") declare plain: string | null;
}

class Indexes extends Migration {
  change() {
    return [
      create(index(Member, ["email"], { unique: true })),
      create(index(Member, ["club", "number"], { unique: true })),
      create(index(Member, ["nick"], { unique: true, where: { live: true } })),
    ];
  }
}

const ada = { id: "ada", email: "ada@x", club: "a", number: 1, nick: "ad", live: true, plain: null };

describe("unsafeValidateUnique", () => {
  let repo: Repo;
  let tenant: Tenant;
  let measure: ReturnType<typeof countWork>["measure"];
  beforeAll(async () => {
    const counted = countWork(await openEngine("memory:"));
    measure = counted.measure;
    repo = new Repo({ engine: counted.engine, storageId: "unsafe", migrations: [[1, Indexes]] });
    tenant = await Tenant.openEmpty(repo, "t");
    await repo.insert(Member, ada, { tenant });
    await repo.insert(Member, { ...ada, id: "bob", email: "bob@x", number: 2, nick: "bo" }, { tenant });
  });
  afterAll(async () => {
    await repo.close();
  });

  const given = (attrs: object) =>
    cast(build(Member, { id: "new", club: "a", live: true }), attrs, [
      "email",
      "number",
      "nick",
      "plain",
      "club",
    ]);
  const errorsOf = ({ errors }: Changeset<Member>) =>
    errors.map(({ field, message }) => `${field} ${message}`);

  test("a value that another record has is told, and one that nobody has is not", async () => {
    const taken = await given({ email: "ada@x" }).unsafeValidateUnique("email", repo, { tenant });
    expect(taken.valid).toBe(false);
    expect(taken.errors).toMatchObject([
      {
        field: "email",
        message: "has already been taken",
        meta: { validation: "unsafeUnique", fields: ["email"] },
      },
    ]);
    expect(taken.validations).toMatchObject([{ field: "email", validation: "unsafeUnique" }]);
    expect((await given({ email: "new@x" }).unsafeValidateUnique("email", repo, { tenant })).valid).toBe(
      true,
    );
    const look = () => given({ email: "ada@x" }).unsafeValidateUnique("email", repo, { tenant });
    expect(await measure(look)).toMatchObject({ pointReads: 1, rangeReads: 0, writes: 0 });
    const both = await given({ number: 2 }).unsafeValidateUnique(["club", "number"], repo, {
      tenant,
      message: "is given away",
      errorKey: "number",
    });
    expect(errorsOf(both)).toEqual(["number is given away"]);
    expect(
      (await given({ number: 3 }).unsafeValidateUnique(["club", "number"], repo, { tenant })).valid,
    ).toBe(true);
  });

  test("the record itself holds its value, in its own tenant; a new one with its key does not", async () => {
    const record = await repo.getOrThrow(Member, "ada", { tenant });
    const again = change(record, { plain: "x", email: "bob@x" }).forceChange("email", "ada@x");
    expect((await again.unsafeValidateUnique("email", repo)).valid).toBe(true);
    expect(
      errorsOf(await change(record, { email: "bob@x" }).unsafeValidateUnique("email", repo)),
    ).toHaveLength(1);
    const copy = cast(build(Member, { id: "ada" }), { email: "ada@x" }, ["email"]);
    expect((await copy.unsafeValidateUnique("email", repo, { tenant })).valid).toBe(false);
  });

  test("nothing is read when nothing changes, a value is empty or a field has an error", async () => {
    const record = await repo.getOrThrow(Member, "ada", { tenant });
    const cases = [
      change(record, { plain: "y" }),
      given({ email: null }),
      given({ email: "ada@x" }).addError("email", "is ugly"),
    ];
    for (const one of cases) {
      const errors = one.errors.length;
      const work = await measure(() => one.unsafeValidateUnique("email", repo, { tenant }));
      expect(work).toMatchObject({ pointReads: 0, rangeReads: 0, commits: 0 });
      expect((await one.unsafeValidateUnique("email", repo, { tenant })).errors).toHaveLength(errors);
    }
  });

  test("own writes of a transaction count, and the check does not replace the constraint", async () => {
    await repo.transactional(tenant, async () => {
      await repo.insert(Member, { ...ada, id: "cy", email: "cy@x", number: 5, nick: null });
      expect((await given({ email: "cy@x" }).unsafeValidateUnique("email", repo)).valid).toBe(false);
      repo.rollback();
    });
    const checked = await given({ email: "late@x", number: 9, nick: "l" }).unsafeValidateUnique(
      "email",
      repo,
      { tenant },
    );
    await repo.insert(Member, { ...ada, id: "late", email: "late@x", number: 8, nick: "la" }, { tenant });
    expect(await repo.tryInsert(checked.uniqueConstraint("email"), { tenant })).toMatchObject({ ok: false });
  });

  test("a partial index serves with its condition; without an index the line is printed; a tenant is needed", async () => {
    const nick = (options: object) =>
      given({ nick: "bo" }).unsafeValidateUnique("nick", repo, { tenant, ...options });
    await expect(nick({})).rejects.toThrow(UnsupportedQueryError);
    expect((await nick({ where: { live: true } })).valid).toBe(false);
    const plain = given({ plain: "p" });
    await expect(plain.unsafeValidateUnique("plain", repo, { tenant })).rejects.toThrow(
      /create\(index\(Member, \["plain"\]\)\)/,
    );
    await expect(given({ email: "q" }).unsafeValidateUnique("email", repo)).rejects.toThrow(
      IncorrectTenancyError,
    );
    await expect(plain.unsafeValidateUnique([], repo)).rejects.toThrow(ChangesetError);
    await expect(plain.unsafeValidateUnique("nope" as never, repo)).rejects.toThrow(/nope/);
    const loose = cast({ data: {}, types: { email: "string" } }, { email: "a" }, ["email"]);
    await expect(loose.unsafeValidateUnique("email", repo, { tenant })).rejects.toThrow(ChangesetError);
  });
});
