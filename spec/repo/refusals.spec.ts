import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import {
  build,
  cast,
  change,
  EmbeddedSchema,
  EmbedsMany,
  Field,
  IncorrectTenancyError,
  InvalidChangesetError,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@EmbeddedSchema()
class Coin {
  @Field("bigint") declare worth: bigint | null;
}

@Schema("purses")
class Purse {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare owner: string | null;
  @Field("integer") declare pockets: number | null;
  @Field("bigint") declare total: bigint | null;
  @Field({ array: "bigint" }) declare parts: bigint[] | null;
  @Field("string", { redact: true }) declare pin: string | null;
  @Field("utc_datetime_usec") declare at: Date | null;
  @EmbedsMany(() => Coin) declare coins: Coin[];
}

let repo: Repo;
let tenant: Tenant;
let purse: Purse;
beforeAll(() => {
  repo = new Repo({ url: "memory:", storageId: "refusals" });
});
beforeEach(async () => {
  tenant = await Tenant.openEmpty(repo, "refusals");
  purse = await repo.insert(Purse, { id: 1, owner: "Ada" }, { tenant });
});
afterAll(() => repo.close());

const refused = async (call: () => unknown): Promise<PlinthError> => {
  try {
    await call();
  } catch (error) {
    expect(error).toBeInstanceOf(PlinthError);
    return error as PlinthError;
  }
  throw new Error("It was not refused.");
};

describe.each<[string, (record: Purse) => Purse]>([
  ["spread", (record) => ({ ...record })],
  ["structuredClone", (record) => structuredClone(record)],
  ["JSON", (record) => JSON.parse(JSON.stringify(record))],
  ["a null prototype", (record) => Object.assign(Object.create(null), record)],
])("A copy of a record by %s", (_, copy) => {
  test.each<[string, (record: Purse) => unknown]>([
    ["insert", (record) => repo.insert(record, { tenant })],
    ["delete", (record) => repo.delete(record)],
    ["reload", (record) => repo.reload(record)],
    ["reload of a list", (record) => repo.reload([purse, record], { tenant })],
    ["preload", (record) => repo.preload([record], [])],
    ["change", (record) => change(record, { owner: "x" })],
    ["cast", (record) => cast(record, { owner: "x" }, ["owner"])],
  ])("is refused by %s, which tells of the lost class", async (_call, use) => {
    const { message } = await refused(() => use(copy(purse)));
    expect(message).toMatch(/lost its class/);
    expect(message).not.toMatch(/Object is not a schema/);
    expect(await repo.reload(purse)).toEqual(purse);
  });

  test("is attributes for an insert", async () => {
    const inserted = await repo.insert(Purse, { ...copy(purse), id: 2 }, { tenant });
    expect(inserted).toEqual(Object.assign(build(Purse, purse), { id: 2 }));
  });
});

test("what has values and no properties is neither attributes nor params", async () => {
  for (const given of [new Map([["name", "x"]]), new Set([1]), new Date(), new URLSearchParams("name=x")]) {
    await expect(repo.insert(Purse, given as never, { tenant })).rejects.toMatchObject({
      code: "invalid_value",
    });
  }
  expect(() => cast(purse, new Date(), ["owner"])).toThrow(/params must be an object/);
});

test("an object of a class without a schema is no record, and the class is named", async () => {
  class Account {}
  for (const call of [repo.delete(new Account(), { tenant }), repo.reload(new Account(), { tenant })]) {
    const error = await call.catch((caught) => caught);
    expect([error.code, error.message]).toEqual([
      "invalid_options",
      expect.stringContaining("one of Account was given"),
    ]);
  }
});

describe("A record of another Repo", () => {
  test("is refused as that, outside and inside of transactions", async () => {
    const other = new Repo({ url: "memory:", storageId: "refusals" });
    const there = await Tenant.openOrCreate(other, "refusals");
    const uses = [
      () => other.update(change(purse, { owner: "x" })),
      () => other.delete(purse),
      () => other.reload(purse),
      () => other.get(Purse, 1, { tenant }),
      () => other.transactional(there, () => other.delete(purse)),
    ];
    for (const use of uses) {
      const error = await refused(use);
      expect(error).toBeInstanceOf(IncorrectTenancyError);
      expect(error.message).toMatch(/another Repo/);
    }
    await other.close();
    expect(await repo.reload(purse)).toEqual(purse);
  });
});

describe("Input", () => {
  test("that is a list in place of an object is an error of the changeset", () => {
    const changeset = cast(purse, [{ owner: "x" }], ["owner"]).validateLength("owner", { min: 1 });
    expect(changeset.valid).toBe(false);
    expect(changeset.errors).toMatchObject([{ field: "base", message: "is invalid" }]);
    expect(changeset.changes).toEqual({});
  });

  test.each(["+25:00", "-24:00", "+01:60", "+0199"])("with the offset %s is invalid", (offset) => {
    expect(cast(purse, { at: `2026-01-31T12:00:00${offset}` }, ["at"]).valid).toBe(false);
  });
  test.each(["+23:59", "-12:00", "+0530", "Z"])("with the offset %s is valid", (offset) => {
    expect(cast(purse, { at: `2026-01-31T12:00:00${offset}` }, ["at"]).valid).toBe(true);
  });
});

describe("A bad value", () => {
  test("is named with class, field and the expected type", async () => {
    const attrs = { id: 2, pockets: "many", total: 5 } as never;
    const { message } = await refused(() => repo.insert(Purse, attrs, { tenant }));
    expect(message).toMatch(/Purse\.pockets \(integer\).*"many".*an integer/);
    expect(message).toMatch(/Purse\.total \(bigint\).*5.*a bigint/);
    const error = await refused(() => repo.update(change(purse, { pockets: 0.5 })));
    expect(error).toBeInstanceOf(InvalidChangesetError);
    expect(error.message).toMatch(/Purse\.pockets \(integer\).*0\.5/);
  });

  test("of a redacted field is not shown", async () => {
    const { message } = await refused(() => repo.insert(Purse, { id: 2, pin: 1234 } as never, { tenant }));
    expect(message).toMatch(/Purse\.pin/);
    expect(message).not.toMatch(/1234/);
  });
});

describe("A record as JSON", () => {
  test("has its bigints as text, which a cast reads back", async () => {
    const attrs = { id: 2, total: 2n ** 70n, parts: [1n, -2n], coins: [build(Coin, { worth: 5n })] };
    const record = await repo.insert(Purse, attrs, { tenant });
    const sent = JSON.parse(JSON.stringify({ record })).record;
    expect(sent).toMatchObject({ total: String(2n ** 70n), parts: ["1", "-2"], coins: [{ worth: "5" }] });
    expect(cast(record, sent, ["total", "parts"]).changes).toEqual({});
    expect(Object.keys(record)).not.toContain("toJSON");
    expect(structuredClone(record)).toEqual({ ...record });
  });
});
