import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Field, from, PlinthError, PrimaryKey, Repo, Schema, Tenant } from "../../lib/index.js";

@Schema("products")
class Product {
  @PrimaryKey("id") declare id: number;
  @Field("string") declare name: string;
}

type Loose = (...args: unknown[]) => unknown;

let repo: Repo;
let tenant: Tenant;

beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "arguments" });
  tenant = await Tenant.openOrCreate(repo, "a");
});

afterAll(() => repo.close());

const name = "then";
const thenable = { [name]() {} };
const calls: (() => unknown[])[] = [
  () => [],
  () => [undefined],
  () => [null],
  () => [5],
  () => ["products"],
  () => [{}],
  () => [[]],
  () => [thenable],
  () => [Product],
  () => [class Plain {}],
  () => [Product, undefined, { tenant: "a" }],
  () => [Product, null, { tenant }],
  () => [Product, [[]], { tenant }],
  () => [Product, thenable, { tenant }],
  () => [from(Product), { tenant: 5 }],
  () => [from(Product), { tenat: tenant }],
  () => [tenant, 5],
  () => [tenant, Product],
  () => [tenant, async () => {}, 5],
];

/** How a call with nonsense ends: it may not throw at once, and what it rejects with is typed. */
async function outcome(call: () => unknown): Promise<unknown> {
  let promise: unknown;
  try {
    promise = call();
  } catch (error) {
    return `thrown at once: ${String(error)}`;
  }
  try {
    await promise;
    return "accepted";
  } catch (error) {
    return error instanceof PlinthError ? "refused" : `untyped: ${String(error)}`;
  }
}

describe("bad arguments give a rejected promise with a typed error", () => {
  test.each([
    "get getOrThrow getBy getByOrThrow one oneOrThrow all allBy allRange page exists count aggregate reload preload explain",
    "insert update delete deleteIfExists insertOrUpdate insertAll updateAll deleteAll",
    "tryInsert tryUpdate tryDelete tryInsertOrUpdate transactional",
  ])("repo.(%s)", async (names) => {
    const wrong: string[] = [];
    for (const name of names.split(" ")) {
      const method = (repo as unknown as Record<string, Loose>)[name]!.bind(repo);
      for (const [at, args] of calls.entries()) {
        const told = await outcome(() => method(...args()));
        if (told !== "refused" && told !== "accepted") wrong.push(`${name} #${at}: ${String(told)}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(await repo.all(from(Product).scan(), { tenant })).toEqual([]);
  });

  test("the functions of Tenant", async () => {
    const functions = Tenant as unknown as Record<string, Loose>;
    for (const name of "open openOrCreate create openEmpty exists clear delete clearAndDelete".split(" ")) {
      for (const args of [[], [repo], [repo, 5], [repo, ""], [null, "b"], [{}, "b"], ["b", repo], [5, 5]]) {
        expect([name, args.length, await outcome(() => functions[name]!(...args))]).toEqual([
          name,
          args.length,
          "refused",
        ]);
      }
    }
    expect(
      await outcome(() => (Tenant.list as Loose)({}) && (functions.list!({}) as AsyncGenerator).next()),
    ).toBe("refused");
  });
});
