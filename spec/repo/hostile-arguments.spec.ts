import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  build,
  cast,
  change,
  create,
  Field,
  from,
  HasMany,
  InvalidMultiError,
  index,
  Migration,
  Multi,
  PlinthError,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../../lib/index.js";

@Schema("notes")
class Note {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare name: string | null;
  @Field("integer") declare size: number | null;
  @Field("bigint") declare views: bigint | null;
  @Field("json") declare extra: unknown;
  @Field("string", { source: "__proto__" }) declare odd: string | null;
  @Field({ array: "string" }) declare tags: string[] | null;
  @Field("string", { virtual: true }) declare draft: string | null;
  @HasMany(() => Note, "name") declare same: HasMany<Note>;
}

class Notes extends Migration {
  change() {
    return [create(index(Note, ["name"])), create(index(Note, ["size"]))];
  }
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  repo = new Repo({ url: "memory:", storageId: "arguments", migrations: [[1, Notes]] });
  tenant = await Tenant.openEmpty(repo, "notes");
  await repo.insertAll(Note, [{ id: "a", name: "x", odd: "own" }, { id: "b" }], { tenant });
});
afterAll(() => repo.close());

/** What a request's JSON may hold: it has no text and no number, and says so by an error. */
const evil = JSON.parse('{ "toString": 1, "valueOf": 2 }') as never;
const strange: readonly (readonly [string, never])[] = [
  ["an object without a text", evil],
  ["a symbol", Symbol("s") as never],
  ["null", null as never],
  ["an object without a prototype", Object.assign(Object.create(null), { x: 1 }) as never],
  ["a list of a list", [[]] as never],
  ["NaN", Number.NaN as never],
];

const calls: Readonly<Record<string, (value: never) => unknown>> = {
  "new Repo": (value) => new Repo(value),
  "new Repo({ transaction })": (value) => new Repo({ url: "memory:", storageId: "x", transaction: value }),
  "the options of a read": (value) => repo.all(Note, value),
  "the options of get": (value) => repo.get(Note, "a", value),
  "the options of a write": (value) => repo.insert(Note, { id: "c" }, value),
  "the options of a transaction": (value) => repo.transactional(tenant, () => 1, { timeoutMs: value }),
  "the tenant of a transaction": (value) => repo.transactional(value, () => 1),
  "the function of a transaction": (value) => repo.transactional(tenant, value),
  "a query": (value) => repo.all(value, { tenant }),
  "a schema": (value) => repo.get(value, "a", { tenant }),
  "a key": (value) => repo.get(Note, value, { tenant }),
  "a record to insert": (value) => repo.insert(Note, value, { tenant }),
  "a record to update": (value) => repo.update(value, { tenant }),
  "a record to delete": (value) => repo.delete(value, { tenant }),
  "a record to reload": (value) => repo.reload(value, { tenant }),
  "a list of records": (value) => repo.insertAll(Note, [value], { tenant }),
  "a path": (value) => repo.preload(build(Note, { id: "a" }), [value], { tenant }),
  "a path of a query": (value) => from(Note).preload(value),
  "a related record": (value) => repo.insert(Note, { id: "c", same: [value] } as never, { tenant }),
  "onConflict.replace": (value) =>
    repo.insert(Note, { id: "a" }, { tenant, onConflict: { replace: [value] } }),
  conflictTarget: (value) => repo.insert(Note, { id: "a" }, { tenant, conflictTarget: [value] as never }),
  "a batch": (value) => repo.updateAll(Note, { name: "y" }, { tenant, batch: value }),
  "the changes of updateAll": (value) => repo.updateAll(Note, value, { tenant }),
  "the limit of a page": (value) => repo.page(Note, { limit: value, tenant }),
  "the batch of a stream": async (value) => {
    for await (const _ of repo.stream(Note, { batch: value, tenant })) break;
  },
  "a bound of allRange": (value) => repo.allRange(Note, [value], null, { tenant }),
  "what an aggregate does": (value) => repo.aggregate(Note, value, "size", { tenant }),
  "the field of an aggregate": (value) => repo.aggregate(Note, "sum", value, { tenant }),
  afterCommit: (value) => repo.afterCommit(value),
  "the conditions": (value) => from(Note).where(value),
  "an operand of isNull": (value) => from(Note).where({ name: { isNull: value } }),
  "an operand of in": (value) =>
    from(Note)
      .where({ name: { in: [value, "x"].slice(0, value === null ? 0 : 1) } as never })
      .where({ name: { in: value } }),
  "an order": (value) => from(Note).orderBy({ name: value }),
  "an ordered field": (value) => from(Note).orderBy([value]),
  "a selection": (value) => from(Note).select([value]),
  "a distinct field": (value) => from(Note).distinct(value),
  "a limit": (value) => from(Note).limit(value),
  "a filter": (value) => from(Note).filter(value),
  "an index": (value) => from(Note).using(value),
  "a source": (value) => from(value),
  "the permitted fields": (value) => cast(Note, {}, [value]),
  "the params": (value) => cast(Note, value, ["name"]).castAssoc(value),
  "the data of a changeset": (value) => cast(value, {}, []),
  "the changes of a changeset": (value) =>
    change(Note, (Array.isArray(value) || value === null ? value : { same: value }) as object),
  "a format": (value) => change(Note, { name: "x" }).validateFormat("name", value),
  "a length": (value) => change(Note, { name: "x" }).validateLength("name", { max: value }),
  "a list of values": (value) =>
    change(Note, { name: "x" }).validateInclusion("name", Array.isArray(value) ? evil : value),
  "a check": (value) => change(Note).checkConstraint("name", { check: value }),
};

describe.each(Object.entries(calls))("%s", (_name, call) => {
  test.each(strange)("that is %s is a typed error, and nothing is written", async (_value, value) => {
    const before = await repo.all(Note, { tenant });
    const error = await (async () => call(value))().then(
      () => "nothing",
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PlinthError);
    expect(await repo.all(Note, { tenant })).toEqual(before);
  });
});

describe("names of every object", () => {
  const proto = JSON.parse('{ "__proto__": "x" }');

  test("are no fields of a schema, whoever asks", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const named = JSON.parse(`{ "${name}": "x" }`);
      expect(() => from(Note).where(named)).toThrow(PlinthError);
      expect(() => from(Note).select(name as never)).toThrow(PlinthError);
      expect(() => from(Note).orderBy(name as never)).toThrow(PlinthError);
      expect(() => change(Note, named)).toThrow(PlinthError);
      expect(() => build(Note, named)).toThrow(PlinthError);
      expect(() => cast(Note, named, [name as never])).toThrow(PlinthError);
      expect(() => cast({ data: {}, types: JSON.parse(`{ "${name}": "nothing" }`) }, {}, [])).toThrow(
        PlinthError,
      );
      await expect(repo.updateAll(Note, named, { tenant })).rejects.toThrow(PlinthError);
      await expect(repo.insertAll(Note, [{ id: "c" }, named], { tenant })).rejects.toThrow(PlinthError);
    }
  });

  test("may be stored names, and are then fields like others in a query on the source's name", async () => {
    const [row] = await repo.all(from("notes").where({ id: "a" }), { tenant });
    expect(Object.entries(row!)).toContainEqual(["__proto__", "own"]);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    const [picked] = await repo.all(from("notes").where({ id: "a" }).select(["__proto__", "constructor"]), {
      tenant,
    });
    expect(Object.entries(picked!)).toEqual([
      ["__proto__", "own"],
      ["constructor", null],
    ]);
    const named = (where: object) => repo.count(from("notes").where(where).scan(), { tenant });
    expect(await named(JSON.parse('{ "__proto__": "own" }'))).toBe(1);
    expect(await named({ constructor: { isNull: false } })).toBe(0);
    expect(await named({ toString: "x" })).toBe(0);
    expect((await repo.get(Note, "a", { tenant }))?.odd).toBe("own");
  });

  test("are no names of results", () => {
    expect(() => new Multi().put("__proto__", 1)).toThrow(InvalidMultiError);
    expect(new Multi().put("constructor", 1).names).toEqual(["constructor"]);
  });

  test("in params and attributes of embeds and relations give nothing away", () => {
    expect(cast(Note, { ...proto, same: proto }, ["name"]).changes).toEqual({});
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
});

describe("what a caller may forget or exaggerate", () => {
  test("a change that is undefined is no empty value", () => {
    const note = build(Note, { id: "a", name: "kept" });
    expect(() => change(note, { name: undefined as never })).toThrow(/Note\.name is undefined/);
    expect(() => change(note).putChange("name", undefined as never)).toThrow(PlinthError);
    expect(() => change(note).forceChange("name", undefined as never)).toThrow(PlinthError);
    expect(() => change(note, { name: "x" }).updateChange("name", () => undefined as never)).toThrow(
      PlinthError,
    );
  });

  test("limits that no store has are limits all the same", async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const ids = from(Note).select("id");
    expect(await repo.all(ids.limit(most), { tenant })).toEqual(["a", "b"]);
    expect(await repo.all(ids.orderBy("name").limit(most), { tenant })).toEqual(["b", "a"]);
    expect(await repo.page(ids, { limit: most, tenant })).toEqual({ rows: ["a", "b"], next: null });
    expect(await repo.updateAll(Note, { size: 1 }, { batch: most, tenant })).toEqual({ count: 2 });
    expect(await repo.exists(from(Note).limit(0), { tenant })).toBe(false);
    expect(await repo.count(from(Note).limit(0), { tenant })).toBe(0);
  });

  test("a list that is all length is refused at once", () => {
    const endless = Object.assign([], { length: 2 ** 32 - 1 });
    const changeset = cast(Note, { tags: endless, extra: endless }, ["tags", "extra"]);
    expect(changeset.errors.map(({ field }) => field)).toEqual(["tags", "extra"]);
  });

  test("ten megabytes in a condition find nothing, and in a changeset stop at the first limit", async () => {
    const huge = "x".repeat(10_000_000);
    for (const where of [
      { name: huge },
      { name: { in: [huge, "y"] } },
      { name: { startsWith: huge } },
      { id: huge },
    ]) {
      expect(await repo.all(from(Note).where(where), { tenant })).toEqual([]);
    }
    const params = { name: `e${"\u0301".repeat(5_000_000)}`, tags: [huge] };
    const changeset = cast(Note, params, ["name", "tags"]).validateLength("name", {
      max: 3,
      count: "codePoints",
    });
    expect(changeset.errors.map(({ field }) => field)).toEqual(["name"]);
    await expect(repo.insert(Note, { id: "c", extra: huge }, { tenant })).rejects.toMatchObject({
      code: "transaction_too_large",
    });
    expect(await repo.get(Note, "c", { tenant })).toBeNull();
  });

  test("a sum that no number holds is refused, one whose parts are beyond 2^53 is not", async () => {
    const large = Number.MAX_SAFE_INTEGER;
    const other = await Tenant.openEmpty(repo, "sums");
    const rows = [large, large, -large, 1].map((size, i) => ({ id: String(i), size, views: BigInt(size) }));
    await repo.insertAll(Note, rows, { tenant: other });
    const first = (n: number) => from(Note).where({ id: { lt: String(n) } });
    await expect(repo.aggregate(first(2), "sum", "size", { tenant: other })).rejects.toThrow(/beyond 2\^53/);
    expect(await repo.aggregate(first(3), "sum", "size", { tenant: other })).toBe(large);
    expect(await repo.aggregate(first(2), "sum", "views", { tenant: other })).toBe(2n * BigInt(large));
    await expect(repo.aggregate(Note, "sum", "draft", { tenant: other })).rejects.toThrow(/virtual/);
    await expect(repo.aggregate(Note, "max", "extra", { tenant: other })).rejects.toThrow(/no order/);
    await expect(repo.aggregate(Note, "median" as never, "size", { tenant: other })).rejects.toThrow(
      /knows count/,
    );
    expect(await repo.aggregate(from(Note).limit(4), "max", "tags", { tenant: other })).toBeNull();
  });
});
