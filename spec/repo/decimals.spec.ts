import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  ChangesetError,
  ConstraintError,
  cast,
  create,
  Field,
  from,
  InvalidQueryError,
  index,
  Migration,
  or,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";
import { runs } from "./runs.js";

@Schema("prices")
class Price {
  @PrimaryKey("integer") declare id: number;
  @Field("decimal") declare amount: string | null;
  @Field("decimal") declare plain: string | null;
  @Field("decimal") declare code: string | null;
}

class Indexes extends Migration {
  change() {
    return [create(index(Price, ["amount"])), create(index(Price, ["code"], { unique: true }))];
  }
}

/** Units of the twentieth place behind the point. */
function units(text: string): bigint {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e");
  const negative = mantissa.startsWith("-");
  const [whole = "", fraction = ""] = mantissa.replace(/^[+-]/, "").split(".");
  const places = 20 + Number(exponent) - fraction.length;
  const size = BigInt(`0${whole}${fraction}`) * 10n ** BigInt(places);
  return negative ? -size : size;
}

const decimals = fc.oneof(
  fc.constantFrom(
    "0",
    "-0",
    "0.00",
    "1",
    "1.0",
    "1.00",
    "+1",
    "9",
    "10",
    "-9",
    "-10",
    "1e2",
    "100",
    "1E-2",
    "0.01",
  ),
  fc.tuple(fc.integer({ min: -999, max: 999 }), fc.integer({ min: -5, max: 3 })).map(([n, e]) => `${n}e${e}`),
  fc
    .tuple(fc.bigInt(-(10n ** 18n), 10n ** 18n), fc.nat(9999))
    .map(([n, f]) => `${n}.${String(f).padStart(4, "0")}`),
);

describe("decimals are numbers", () => {
  let repo: Repo;
  let tenant: Tenant;
  beforeAll(async () => {
    repo = new Repo({ url: "memory:", storageId: "decimals", migrations: [[1, Indexes]] });
    tenant = await Tenant.openEmpty(repo, "t");
  });
  afterAll(async () => {
    await repo.close();
  });

  const store = async (amounts: readonly (string | null)[]) => {
    await repo.deleteAll(from(Price), { tenant });
    const rows = amounts.map((amount, id) => ({ id, amount, plain: amount, code: null }));
    await repo.insertAll(Price, rows, { tenant });
  };

  test("conditions, orders, sums and extremes go by the value, through an index and in memory", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.option(decimals, { freq: 8 }), { maxLength: 12 }),
      decimals,
      decimals,
      async (amounts, a, b) => {
        await store(amounts);
        const all = amounts.map((amount, id) => ({ id, at: amount === null ? null : units(amount) }));
        const [low, high] = [units(a), units(b)];
        const expected: [object, (at: bigint) => boolean][] = [
          [{ eq: a }, (at) => at === low],
          [{ ne: a }, (at) => at !== low],
          [{ in: [a, b] }, (at) => at === low || at === high],
          [{ notIn: [a, b] }, (at) => at !== low && at !== high],
          [{ gt: a }, (at) => at > low],
          [{ gte: a, lt: b }, (at) => at >= low && at < high],
          [{ lte: a }, (at) => at <= low],
        ];
        for (const [condition, holds] of expected) {
          const wanted = all.filter(({ at }) => at !== null && holds(at)).map(({ id }) => id);
          const found = await repo.all(from(Price).where({ amount: condition }).select("id"), { tenant });
          expect([condition, found.sort((x, y) => x - y)]).toEqual([condition, wanted]);
          const tested = await repo.all(from(Price).where({ plain: condition }).scan().select("id"), {
            tenant,
          });
          expect([condition, tested]).toEqual([condition, wanted]);
        }
        const sorted = all.toSorted((x, y) => {
          const [left, right] = [x.at ?? -(10n ** 60n), y.at ?? -(10n ** 60n)];
          return left < right ? -1 : left > right ? 1 : x.id - y.id;
        });
        for (const field of ["amount", "plain"] as const) {
          const ids = await repo.all(from(Price).orderBy(field).select("id"), { tenant });
          expect(ids).toEqual(sorted.map(({ id }) => id));
          const present = all.filter(({ at }) => at !== null).map(({ at }) => at!);
          const sum = await repo.aggregate(Price, "sum", field, { tenant });
          expect(sum === null ? null : units(sum)).toEqual(
            present.length === 0 ? null : present.reduce((x, y) => x + y, 0n),
          );
          const [min, max] = [
            await repo.aggregate(Price, "min", field, { tenant }),
            await repo.aggregate(Price, "max", field, { tenant }),
          ];
          expect(min === null ? null : units(min)).toEqual(sorted.find(({ at }) => at !== null)?.at ?? null);
          expect(max === null ? null : units(max)).toEqual(sorted.at(-1)?.at ?? null);
        }
      },
    );
    await fc.assert(property, runs(15));
  }, 60_000);

  test("means are the nearest number to the exact one", async () => {
    await store(["0.1", "0.2"]);
    expect(await repo.aggregate(Price, "avg", "amount", { tenant })).toBe(0.15);
    await store(["9007199254740993", "9007199254740993", "9007199254740996"]);
    expect(await repo.aggregate(Price, "avg", "amount", { tenant })).toBe(9007199254740994);
    await store(["1", "1", "2", null]);
    expect(await repo.aggregate(Price, "avg", "amount", { tenant })).toBe(4 / 3);
    await store(["-1e-30", "0"]);
    expect(await repo.aggregate(Price, "avg", "plain", { tenant })).toBe(-5e-31);
    await store([null]);
    expect(await repo.aggregate(Price, "avg", "plain", { tenant })).toBeNull();
  });

  test("equal values written differently are one value of a unique index, and of alternatives", async () => {
    await store([]);
    await repo.insert(Price, { id: 1, amount: "1.0", plain: null, code: "1.50" }, { tenant });
    const again = { id: 2, amount: "1", plain: null, code: "15e-1" };
    await expect(repo.insert(Price, again, { tenant })).rejects.toThrow(ConstraintError);
    const found = await repo.all(from(Price).where(or({ amount: "1.000" }, { code: "1.5" })), { tenant });
    expect(found.map(({ id, amount, code }) => [id, amount, code])).toEqual([[1, "1.0", "1.50"]]);
    await expect(repo.all(from(Price).where({ amount: { startsWith: "1" } }), { tenant })).rejects.toThrow(
      InvalidQueryError,
    );
    expect(() => from(Price).where({ amount: { gt: "1,5" } })).toThrow(InvalidQueryError);
  });
});

describe("validateNumber on decimals", () => {
  const of = (amount: string) => cast(Price, { amount }, ["amount"]);

  test.each([
    ["10", { greaterThan: 9 }, true],
    ["9.99", { greaterThan: "9.990" }, false],
    ["9.99", { greaterThanOrEqualTo: "9.990" }, true],
    ["0.1", { equalTo: 0.1 }, true],
    ["0.30000000000000004", { equalTo: "0.3" }, false],
    ["9007199254740993", { lessThan: 9007199254740993n }, false],
    ["9007199254740993", { greaterThan: 9007199254740992 }, true],
    ["-2", { lessThanOrEqualTo: "-1e0" }, true],
    ["1e3", { notEqualTo: 1000n }, false],
    ["1e3", { lessThan: Number.POSITIVE_INFINITY }, true],
    ["1e3", { lessThan: Number.NEGATIVE_INFINITY }, false],
  ])("%s with %o is %s", (amount, options, valid) => {
    const changeset = of(amount).validateNumber("amount", options);
    expect(changeset.valid).toBe(valid);
    if (!valid)
      expect(changeset.errors[0]).toMatchObject({ field: "amount", meta: { validation: "number" } });
  });

  test("bounds that are no numbers, and text that is no decimal, are refused", () => {
    expect(() => of("1").validateNumber("amount", { lessThan: "ten" })).toThrow(ChangesetError);
    expect(() => of("1").validateNumber("amount", { lessThan: null } as never)).toThrow(ChangesetError);
    const text = cast({ data: {}, types: { name: "string" } }, { name: "5" }, ["name"]);
    expect(() => text.validateNumber("name", { lessThan: 6 })).toThrow(/numbers, bigints and decimals/);
  });
});
