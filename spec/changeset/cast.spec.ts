import { inspect } from "node:util";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Changeset, cast, change } from "../../lib/changeset/index.js";
import { ChangesetError, PlinthError, UnknownFieldError } from "../../lib/errors.js";
import { build, type FieldKey } from "../../lib/schema/index.js";
import { runs } from "../schema/runs.js";
import { Product, Size } from "./shop.js";

const product = () => build(Product, { id: "p1", name: "Cereal", stock: 3, secret: "old" });

describe("cast", () => {
  test("reads the permitted fields, and casts them to their types", () => {
    const changeset = cast(product(), { name: "Oats", stock: "7", description: "x", id: "p2" }, [
      "name",
      "stock",
    ]);
    expect(changeset.changes).toEqual({ name: "Oats", stock: 7 });
    expect(changeset.valid).toBe(true);
    expect(changeset.action).toBeNull();
    expect(changeset.params).toEqual({ name: "Oats", stock: "7", description: "x", id: "p2" });
    expect(changeset.data.name).toBe("Cereal");
  });

  test("reports what does not fit, and keeps it out of the changes", () => {
    const changeset = cast(product(), { name: 5, stock: "many" }, ["name", "stock"]);
    expect(changeset.valid).toBe(false);
    expect(changeset.changes).toEqual({});
    expect(changeset.errors).toEqual([
      { field: "name", message: "is invalid", meta: { type: "string", validation: "cast" } },
      { field: "stock", message: "is invalid", meta: { type: "integer", validation: "cast" } },
    ]);
  });

  test("takes a value that is already there for no change", () => {
    const at = new Date("2026-01-01T00:00:00Z");
    const record = build(Product, {
      id: "p",
      soldAt: at,
      price: "1.00",
      tags: ["a"],
      picture: Buffer.from("x"),
    });
    const params = {
      soldAt: "2026-01-01T00:00:00Z",
      price: "1",
      tags: ["a"],
      picture: new Uint8Array([120]),
    };
    expect(cast(record, params, ["soldAt", "price", "tags", "picture"]).changes).toEqual({});
    expect(cast(record, params, ["price"], { forceChanges: true }).changes).toEqual({ price: "1" });
  });

  test("turns blank text into the default, in lists into nothing", () => {
    const record = build(Product, { id: "p", name: "x", description: "y" });
    const params = { name: "  ", description: "", tags: ["a", "", "b"] };
    expect(cast(record, params, ["name", "description", "tags"]).changes).toEqual({
      name: null,
      description: "none",
      tags: ["a", "b"],
    });
    expect(cast(record, { name: " " }, ["name"], { emptyValues: [] }).changes).toEqual({ name: " " });
    expect(cast(record, { name: "-" }, ["name"], { emptyValues: ["-"] }).changes).toEqual({ name: null });
    expect(cast(record, { name: " z " }, ["name"], { trimValues: true }).changes).toEqual({ name: "z" });
    expect(cast(record, { name: undefined }, ["name"]).changes).toEqual({});
    expect(cast(record, { name: null }, ["name"]).changes).toEqual({ name: null });
  });

  test("goes on from a changeset, the newer params first", () => {
    const first = cast(product(), { name: "Oats", stock: "x" }, ["name", "stock"]).validateRequired("name");
    const second = first.cast({ name: "Rye" }, ["name"]);
    expect(second.changes).toEqual({ name: "Rye" });
    expect(second.params).toEqual({ name: "Rye", stock: "x" });
    expect(second.errors).toHaveLength(1);
    expect(second.required).toEqual(["name"]);
    expect(cast(second, { name: "Cereal" }, ["name"]).changes).toEqual({});
    expect(first.changes).toEqual({ name: "Oats" });
  });

  test("starts from a class, or from types alone", () => {
    expect(cast(Product, { name: "x" }, ["name"]).data).toBeInstanceOf(Product);
    const search = cast(
      { data: { limit: 10 }, types: { text: "string", limit: "integer", sort: { array: "string" } } },
      { text: "oats", limit: "5", sort: ["a"], other: 1 },
      ["text", "limit", "sort"],
    ).validateNumber("limit", { lessThan: 5 });
    expect(search.changes).toEqual({ text: "oats", limit: 5, sort: ["a"] });
    expect(search.errors).toMatchObject([{ field: "limit", message: "must be less than 5" }]);
    expect(search.applyChanges()).toEqual({ text: "oats", limit: 5, sort: ["a"] });
    expect(search.data).toEqual({ text: null, limit: 10, sort: null });
  });

  test("takes a message of the caller's", () => {
    const message = (field: string, meta: Readonly<Record<string, unknown>>) =>
      field === "stock" ? `is no ${String(meta.type)}` : undefined;
    expect(cast(product(), { stock: "x", name: 1 }, ["stock", "name"], { message }).errors).toMatchObject([
      { message: "is no integer" },
      { message: "is invalid" },
    ]);
  });

  test.each<[string, unknown, RegExp]>([
    ["null", null, /must be an object.*not null/s],
    ["undefined", undefined, /not undefined/],
    ["a string", "name=x", /not "name=x"/],
    ["a number", 5, /not 5/],
    ["a Map", new Map([["name", "x"]]), /Object\.fromEntries\(params\)/],
    ["URLSearchParams", new URLSearchParams("name=x"), /Object\.fromEntries\(params\)/],
    ["FormData", new FormData(), /Object\.fromEntries\(params\)/],
  ])("refuses %s as params", (_, params, message) => {
    expect(() => cast(product(), params, ["name"])).toThrow(ChangesetError);
    expect(() => cast(product(), params, ["name"])).toThrow(message);
  });

  test("refuses names that are no field, and says what relations and embeds need", () => {
    const wrong = (name: string) => () => cast(product(), {}, [name as "name"]);
    expect(wrong("nmae")).toThrow(UnknownFieldError);
    expect(wrong("reviews")).toThrow(/\.castAssoc\("reviews"\)/);
    expect(wrong("size")).toThrow(/\.castEmbed\("size"\)/);
    expect(wrong("__proto__")).toThrow(UnknownFieldError);
    expect(wrong("constructor")).toThrow(UnknownFieldError);
    expect(() => cast(product(), {}, "name" as never)).toThrow(/permitted fields are a list/);
    expect(() => cast({} as Product, {}, ["name"])).toThrow(/starts from a record or a schema class/);
    expect(() => cast({ types: { a: "string" } } as never, {}, ["a"] as never)).toThrow(/takes both/);
    expect(() =>
      cast({ data: {}, types: JSON.parse('{"__proto__":"string"}') } as never, {}, [] as never),
    ).toThrow(ChangesetError);
  });
});

describe("hostile params", () => {
  const all: FieldKey<Product>[] = [
    "id",
    "name",
    "description",
    "stock",
    "views",
    "weight",
    "price",
    "soldAt",
    "tags",
    "picture",
    "extra",
    "secret",
    "terms",
  ];

  test("inherited, __proto__ and constructor keys never get through", () => {
    const inherited = Object.create({ name: "Evil" }) as object;
    expect(cast(product(), inherited, ["name"]).changes).toEqual({});
    const parsed: unknown = JSON.parse(
      '{"__proto__":{"name":"Evil","admin":true},"constructor":{"prototype":{"admin":true}}}',
    );
    const changeset = cast(product(), parsed, all);
    expect(changeset.changes).toEqual({});
    expect((changeset.applyChanges() as { admin?: unknown }).admin).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
    expect(cast(changeset, parsed, all).params).not.toHaveProperty("admin");
  });

  test("getters and proxies that throw make the field invalid, and others are not read", () => {
    const params = {
      get name(): string {
        throw new Error("boom");
      },
      get secret(): string {
        throw new Error("must not be read");
      },
      stock: 5,
    };
    const changeset = cast(product(), params, ["name", "stock"]);
    expect(changeset.changes).toEqual({ stock: 5 });
    expect(changeset.errors).toMatchObject([{ field: "name", message: "is invalid" }]);
    const proxy = new Proxy(
      {},
      {
        getOwnPropertyDescriptor() {
          throw new Error("boom");
        },
      },
    );
    expect(cast(product(), proxy, ["name"]).errors).toMatchObject([{ field: "name", message: "is invalid" }]);
    const reads: PropertyKey[] = [];
    const spy = new Proxy(
      { name: "x", other: "y" },
      {
        get(target, key, self) {
          reads.push(key);
          return Reflect.get(target, key, self) as unknown;
        },
      },
    );
    cast(product(), spy, ["name"]);
    expect(reads.filter((key) => key === "other")).toEqual([]);
  });

  test("cycles, huge strings and lone surrogates are values that do not fit, or exact ones", () => {
    const cycle: Record<string, unknown> = {};
    cycle.extra = cycle;
    expect(cast(product(), cycle, ["extra"]).errors).toMatchObject([{ field: "extra" }]);
    const huge = "x".repeat(10_000_000);
    expect(
      cast(product(), { name: huge }, ["name"]).validateLength("name", { max: 10 }).errors,
    ).toMatchObject([{ field: "name", message: "should be at most 10 character(s)" }]);
    expect(
      cast(product(), { stock: huge, price: huge, weight: huge, views: huge, soldAt: huge }, [
        "stock",
        "price",
        "weight",
        "views",
        "soldAt",
      ]).errors,
    ).toHaveLength(5);
    expect(cast(product(), { name: "\ud800" }, ["name"]).errors).toMatchObject([{ field: "name" }]);
    expect(cast(product(), { name: " ".repeat(10_000_000) }, ["name"]).changes).toEqual({ name: null });
  });

  test("anything at all: no crash, only permitted fields, every change storable", () => {
    const key = fc.oneof(
      fc.constantFrom(...all, "__proto__", "constructor", "reviews", "size", "toString"),
      fc.string(),
    );
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withTypedArray: true,
    });
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { noNullPrototype: false }),
        fc.subarray(all),
        (params, permitted) => {
          const record = product();
          const snapshot = structuredClone({ ...record });
          let changeset: Changeset<Product>;
          try {
            changeset = cast(record, params, permitted);
          } catch (error) {
            expect(error).toBeInstanceOf(PlinthError);
            return;
          }
          expect(
            Object.keys(changeset.changes).every((name) => permitted.includes(name as FieldKey<Product>)),
          ).toBe(true);
          const applied = changeset.applyChanges();
          expect(Object.getPrototypeOf(applied)).toBe(Product.prototype);
          expect({ ...record }).toEqual(snapshot);
          expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before);
          changeset.traverseErrors();
          inspect(changeset);
        },
      ),
      runs(120),
    );
  });
});

describe("change", () => {
  test("takes the program's values as they are", () => {
    const changeset = change(product(), { name: "Oats", stock: 3, size: { width: 1, height: 2 } as Size });
    expect(Object.keys(changeset.changes)).toEqual(["name", "size"]);
    expect(changeset.params).toBeNull();
    expect(changeset.getField("size")).toBeInstanceOf(Size);
    expect(change(Product, { name: "x" }).changes).toEqual({ name: "x" });
    expect(change(change(product(), { name: "a" }), { stock: 9 }).changes).toEqual({ name: "a", stock: 9 });
    expect(() => change(product(), { nope: 1 } as never)).toThrow(UnknownFieldError);
    expect(() => change(class Undecorated {} as never)).toThrow(/Undecorated is not a schema/);
  });

  test("puts, forces, updates, drops and reads changes without touching the old changeset", () => {
    const start = change(product());
    const named = start.putChange("name", "Oats");
    expect(start.changes).toEqual({});
    expect(named.putChange("name", "Cereal").changes).toEqual({});
    expect(start.forceChange("name", "Cereal").changes).toEqual({ name: "Cereal" });
    expect(named.updateChange("name", (name) => name.toUpperCase()).changes).toEqual({ name: "OATS" });
    expect(named.updateChange("name", () => "Cereal").changes).toEqual({});
    expect(start.updateChange("name" as never, () => "x" as never).changes).toEqual({});
    expect(named.deleteChange("name").changes).toEqual({});
    expect(named.getChange("name")).toBe("Oats");
    expect(start.putChange("stock", 3).getChange("stock")).toBeUndefined();
    expect(start.putChange("stock", 3).getChange("stock", 1)).toBe(1);
    expect(named.getField("name")).toBe("Oats");
    expect(named.getField("stock")).toBe(3);
    expect(named.getField("description")).toBe("none");
    expect(named.getField("makerId")).toBeNull();
    expect(named.isChanged("name")).toBe(true);
    expect(named.isChanged("name", { from: "Cereal", to: "Oats" })).toBe(true);
    expect(named.isChanged("name", { to: "Rye" })).toBe(false);
    expect(named.isChanged("stock")).toBe(false);
    expect(() => named.putChange("nope" as never, 1 as never)).toThrow(UnknownFieldError);
    expect(Object.isFrozen(named)).toBe(true);
    expect(Object.isFrozen(named.changes)).toBe(true);
    expect(Object.isFrozen(named.errors)).toBe(true);
  });

  test("merges changesets of one record", () => {
    const record = product();
    const a = change(record, { name: "A", stock: 1 }).addError("name", "is odd").validateRequired("name");
    const b = change(record, { stock: 2 }).addError("stock", "is low");
    const merged = a.merge(b);
    expect(merged.changes).toEqual({ name: "A", stock: 2 });
    expect(merged.errors.map(({ field }) => field)).toEqual(["name", "stock"]);
    expect(merged.required).toEqual(["name"]);
    expect(() => a.merge(change(product()))).toThrow(/same record/);
    expect(() => a.putAction("insert").merge(b.putAction("delete"))).toThrow(ChangesetError);
  });

  test("applies to a new record", () => {
    const record = product();
    const changeset = change(record, { name: "Oats" });
    const applied = changeset.applyChanges();
    expect(applied).toBeInstanceOf(Product);
    expect(applied).not.toBe(record);
    expect(applied.name).toBe("Oats");
    expect(record.name).toBe("Cereal");
    expect(changeset.applyAction("insert")).toEqual({ ok: true, value: applied });
    const failed = changeset.addError("name", "is odd").applyAction("update");
    expect(failed).toMatchObject({ ok: false, changeset: { action: "update", valid: false } });
    expect(() => changeset.addError("name", "is odd").applyActionOrThrow("update")).toThrow(
      /Could not update Product: 1 error\(s\).*name: is odd.*tryUpdate/s,
    );
    expect(changeset.pipe((one) => one.valid)).toBe(true);
  });

  test("prints itself without what is redacted", () => {
    const printed = inspect(change(product(), { secret: "hunter2", name: "Oats" }));
    expect(printed).toContain("Changeset<Product>");
    expect(printed).toContain("Oats");
    expect(printed).not.toContain("hunter2");
  });
});
