import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { IsOptional, Max, Min } from "class-validator";
import {
  build,
  cast,
  change,
  create,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  Field,
  from,
  InvalidChangesetError,
  index,
  Migration,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@EmbeddedSchema()
class Address {
  @Field("string") declare street: string;
  @Field("integer") @Min(1) declare number: number;
}

@Schema("people")
class Person {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("integer") @IsOptional() @Min(0) @Max(150) declare age: number | null;
  @Field("float") declare weight: number | null;
  @Field("utc_datetime_usec") declare seenAt: Date | null;
  @Field("json") declare extra: unknown;
  @Field("binary") declare blob: Uint8Array | null;
  @Field("decimal") declare price: string | null;
  @Field("uuid") declare reference: string | null;
  @EmbedsOne(() => Address, { onReplace: "delete" }) declare home: Address | null;
  @EmbedsMany(() => Address) declare others: Address[];
}

class People extends Migration {
  change() {
    return [create(index(Person, ["name"])), create(index(Person, ["weight"]))];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "hostile", migrations: [[1, People]] });
  tenant = await Tenant.openEmpty(repo, "people");
});
afterAll(() => repo.close());

const options = () => ({ tenant });
const stored = () => repo.all(Person, options());

/** A typed error, and nothing written. */
async function refused(run: () => unknown): Promise<PlinthError> {
  const before = await stored();
  const error = await (async () => run())().then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(PlinthError);
  expect(await stored()).toEqual(before);
  return error;
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;

describe("what does not fit is refused with a typed error, and nothing is written", () => {
  test.each([
    ["a number for text", { name: 5 }],
    ["a fraction for an integer", { age: 1.5 }],
    ["an integer past 2^53", { age: 2 ** 53 + 2 }],
    ["NaN for an integer", { age: Number.NaN }],
    ["NaN for a float", { weight: Number.NaN }],
    ["infinity", { weight: Number.POSITIVE_INFINITY }],
    ["a broken date", { seenAt: new Date(Number.NaN) }],
    ["half a surrogate pair", { name: "\ud800" }],
    ["a cycle", { extra: cycle }],
    ["a function", { extra: () => 1 }],
    ["a name that is too long for its index", { name: "x".repeat(20_000) }],
    ["more than a transaction holds", { extra: "x".repeat(11_000_000) }],
    ["an unknown field", { nope: 1 }],
    ["a field named like a part of every object", JSON.parse('{ "__proto__": 1 }')],
    ["a broken embed", { home: { street: 5, number: 1 } }],
    ["a rule of the class", { age: 151 }],
  ])("insert of %s", async (_name, attrs) => {
    await refused(() =>
      repo.insert(
        Person,
        { id: "refused", ...Object.fromEntries(Object.entries(attrs)) } as never,
        options(),
      ),
    );
  });

  test.each([
    ["undefined", undefined],
    ["null", null],
    ["an object", {}],
    ["a number", 5],
    ["half a surrogate pair", "\udc00"],
  ])("get by %s", async (_name, id) => {
    await refused(() => repo.get(Person, id as never, options()));
  });

  test.each([
    ["undefined", { name: undefined }],
    ["a text for a number", { weight: "1" }],
    ["a broken date", { seenAt: new Date(Number.NaN) }],
    ["an operator inside a list", { name: { in: [{ gt: "a" }] } }],
    ["an inherited field", { toString: "x" }],
  ])("a condition with %s", async (_name, where) => {
    await refused(() => repo.all(from(Person).where(where as never), options()));
  });

  test("what is too long for a key is nowhere", async () => {
    const long = "x".repeat(20_000);
    expect(await repo.get(Person, long, options())).toBeNull();
    expect(await repo.allBy(Person, { name: long }, options())).toEqual([]);
    expect(await repo.all(from(Person).where({ name: { gte: long } }), options())).toEqual([]);
  });

  test("params that are no plain object never reach a record", async () => {
    class Trap {
      get name() {
        throw new Error("a getter ran");
      }
    }
    for (const params of [
      JSON.parse('{ "__proto__": { "name": "x" }, "constructor": { "prototype": { "name": "x" } } }'),
      Object.create({ name: "inherited" }),
    ]) {
      expect(cast(Person, params, ["name"]).changes).toEqual({});
    }
    expect(() => cast(Person, new Trap(), ["name"]).changes).not.toThrow("a getter ran");
  });
});

describe("what fits comes back exactly", () => {
  test.each([
    ["ids of every byte", { id: "\0\u00ff\uffff\u{10ffff}" }],
    ["an empty id", { id: "" }],
    ["numbers at the edges", { age: 150, weight: -Number.MAX_VALUE }],
    ["the smallest number", { weight: Number.MIN_VALUE }],
    ["dates at the edges", { seenAt: new Date(8.64e15) }],
    ["a long text", { extra: { text: "ü".repeat(200_000) } }],
    [
      "nested json with odd names",
      { extra: JSON.parse('{ "__proto__": [1, null, { "constructor": true }] }') },
    ],
    ["embeds", { home: { street: "s", number: 1 }, others: [{ street: "t", number: 2 }] }],
  ])("%s", async (name, attrs) => {
    const record = await repo.insert(Person, { id: name, ...attrs } as never, options());
    const back = await repo.get(Person, record.id, options());
    expect(back).toEqual(record);
    for (const [field, value] of Object.entries(attrs)) expect(back?.[field as keyof Person]).toEqual(value);
    await repo.delete(record);
  });
});

test("what a write returns is what a read gives, and shares nothing with what was given", async () => {
  const extra = { list: [1] };
  const blob = Buffer.of(1, 2);
  const reference = "0190a0b0-0000-7000-8000-0000000000aa";
  const record = await repo.insert(
    Person,
    { id: "returned", weight: -0, extra, blob, price: "01.500", reference: reference.toUpperCase() },
    options(),
  );
  blob[0] = 9;
  extra.list.push(2);
  expect(record).toEqual(await repo.get(Person, "returned", options()));
  expect(record).toMatchObject({ weight: 0, extra: { list: [1] } });
  const changed = await repo.update(change(record, { weight: -0, extra: { when: 1 } }));
  expect(changed).toEqual(await repo.get(Person, "returned", options()));
  await repo.delete(changed);
});

describe("rules and embeds", () => {
  test("class rules judge plain attributes, and changesets that ask for them", async () => {
    const error = await refused(() => repo.insert(Person, { id: "old", age: -1 }, options()));
    expect(error).toBeInstanceOf(InvalidChangesetError);
    expect((error as InvalidChangesetError<{ errors: { field: string }[] }>).changeset.errors).toMatchObject([
      { field: "age" },
    ]);
    const changeset = change(build(Person, { id: "cs" }), { age: -1 });
    expect(await repo.tryInsert(changeset.validateSchema(), options())).toMatchObject({ ok: false });
  });

  test("embeds are changed in place, with their owner", async () => {
    const person = await repo.insert(
      Person,
      { id: "embed", home: { street: "a", number: 1 } as Address },
      options(),
    );
    const moved = await repo.update(change(person).putEmbed("home", { street: "b", number: 2 } as Address));
    expect(moved.home).toMatchObject({ street: "b", number: 2 });
    expect((await repo.get(Person, "embed", options()))?.home).toEqual(moved.home);
    const everywhere = { home: { street: "c", number: 3 } as Address };
    await repo.updateAll(from(Person).where({ id: "embed" }), everywhere, options());
    expect((await repo.get(Person, "embed", options()))?.home).toEqual(build(Address, everywhere.home));
    await repo.delete(person);
  });
});
