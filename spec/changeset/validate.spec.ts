import { describe, expect, test } from "@jest/globals";
import { cast, change } from "../../lib/changeset/index.js";
import { ChangesetError } from "../../lib/errors.js";
import { build } from "../../lib/schema/index.js";
import { Product, Review } from "./shop.js";

const product = () => build(Product, { id: "p1", name: "Cereal", stock: 3 });
const messages = (changeset: { errors: readonly { field: string; message: string }[] }) =>
  changeset.errors.map(({ field, message }) => `${field}: ${message}`);

describe("validateRequired", () => {
  test("looks at changes and data, reports each field once and drops the blank change", () => {
    const changeset = cast(product(), { name: "", stock: "x" }, [
      "name",
      "stock",
      "description",
    ]).validateRequired(["name", "stock", "description"]);
    expect(messages(changeset)).toEqual(["stock: is invalid", "name: can't be blank"]);
    expect(changeset.errors[1]?.meta).toEqual({ validation: "required" });
    expect(changeset.changes).toEqual({});
    expect(changeset.required).toEqual(["name", "stock", "description"]);
    expect(changeset.validateRequired(["name"]).errors).toHaveLength(2);
    expect(changeset.isFieldMissing("makerId")).toBe(true);
    expect(changeset.isFieldMissing("name")).toBe(false);
  });

  test("trims, unless told not to", () => {
    const blank = cast(product(), { name: " " }, ["name"], { emptyValues: [] });
    expect(messages(blank.validateRequired("name", { message: "is needed" }))).toEqual(["name: is needed"]);
    expect(blank.validateRequired("name", { trim: false }).valid).toBe(true);
  });

  test("wants a record in a relation", () => {
    expect(messages(change(product()).validateRequired(["reviews", "maker"]))).toEqual([
      "reviews: can't be blank",
      "maker: can't be blank",
    ]);
    expect(
      change(product())
        .putAssoc("reviews", [build(Review)])
        .validateRequired("reviews").valid,
    ).toBe(true);
  });
});

describe("validateLength", () => {
  const name = (value: string) => change(product(), { name: value });
  const family = "👨‍👩‍👧‍👦";

  test("counts characters as people see them, code points or bytes", () => {
    expect(name(`${family}é`).validateLength("name", { is: 2 }).valid).toBe(true);
    expect(name(family).validateLength("name", { is: 7, count: "codePoints" }).valid).toBe(true);
    expect(name(family).validateLength("name", { is: 25, count: "bytes" }).valid).toBe(true);
    expect(messages(name("ab").validateLength("name", { is: 3 }))).toEqual([
      "name: should be 3 character(s)",
    ]);
    expect(messages(name("ab").validateLength("name", { min: 3 }))).toEqual([
      "name: should be at least 3 character(s)",
    ]);
    expect(messages(name("ab").validateLength("name", { max: 1, count: "bytes" }))).toEqual([
      "name: should be at most 1 byte(s)",
    ]);
    expect(name("abc").validateLength("name", { max: 2, min: 1 }).errors[0]?.meta).toEqual({
      validation: "length",
      kind: "max",
      count: 2,
      type: "string",
    });
  });

  test("counts items, and bytes of bytes", () => {
    const changeset = change(product(), { tags: ["a", "b"], picture: new Uint8Array(3) });
    expect(messages(changeset.validateLength("tags", { max: 1 }))).toEqual([
      "tags: should have at most 1 item(s)",
    ]);
    expect(messages(changeset.validateLength("picture", { min: 4 }))).toEqual([
      "picture: should be at least 4 byte(s)",
    ]);
    expect(messages(changeset.putAssoc("reviews", [{}, {}]).validateLength("reviews", { is: 3 }))).toEqual([
      "reviews: should have 3 item(s)",
    ]);
  });

  test("takes a message, and refuses to check nothing", () => {
    expect(messages(name("ab").validateLength("name", { min: 3, message: "wants %{count}, %{x}" }))).toEqual([
      "name: wants 3, %{x}",
    ]);
    expect(() => name("ab").validateLength("name", {})).toThrow(ChangesetError);
    expect(() => change(product(), { stock: 1 }).validateLength("stock" as never, { max: 1 })).toThrow(
      /strings, bytes and lists/,
    );
  });
});

describe("validateNumber", () => {
  test.each([
    [{ lessThan: 5 }, "must be less than 5"],
    [{ greaterThan: 5 }, "must be greater than 5"],
    [{ lessThanOrEqualTo: 4 }, "must be less than or equal to 4"],
    [{ greaterThanOrEqualTo: 6 }, "must be greater than or equal to 6"],
    [{ equalTo: 6 }, "must be equal to 6"],
    [{ notEqualTo: 5 }, "must be not equal to 5"],
  ])("%p", (options, message) => {
    const five = change(product(), { stock: 5, views: 5n });
    expect(messages(five.validateNumber("stock", options))).toEqual([`stock: ${message}`]);
    expect(messages(five.validateNumber("views", options))).toEqual([`views: ${message}`]);
    const kind = Object.keys(options)[0];
    expect(five.validateNumber("stock", options).errors[0]?.meta).toMatchObject({
      validation: "number",
      kind,
    });
  });

  test("reports the first broken bound, with a bigint beyond 2^53 exactly", () => {
    const changeset = change(product(), { views: 2n ** 60n + 1n });
    expect(changeset.validateNumber("views", { equalTo: 2n ** 60n }).valid).toBe(false);
    expect(changeset.validateNumber("views", { equalTo: 2n ** 60n + 1n }).valid).toBe(true);
    expect(changeset.validateNumber("views", { lessThan: 1, greaterThan: 2n ** 61n }).errors).toHaveLength(1);
    expect(() => changeset.validateNumber("views", { less: 1 } as never)).toThrow(/knows no "less"/);
  });
});

describe("formats and lists", () => {
  test("a /g expression does not remember where it was", () => {
    const format = /^o/g;
    const changeset = change(product(), { name: "oats" });
    expect(changeset.validateFormat("name", format).valid).toBe(true);
    expect(changeset.validateFormat("name", format).valid).toBe(true);
    expect(messages(changeset.validateFormat("name", /^\d+$/))).toEqual(["name: has invalid format"]);
  });

  test("inclusion, exclusion and subset compare as the type does", () => {
    const changeset = change(product(), {
      price: "1.50",
      tags: ["a", "b"],
      soldAt: new Date(0),
      name: "admin",
    });
    expect(changeset.validateInclusion("price", ["1.5", "2"]).valid).toBe(true);
    expect(changeset.validateInclusion("soldAt", [new Date(0)]).valid).toBe(true);
    expect(messages(changeset.validateInclusion("price", ["2"]))).toEqual(["price: is invalid"]);
    expect(messages(changeset.validateExclusion("name", ["admin"]))).toEqual(["name: is reserved"]);
    expect(changeset.validateSubset("tags", ["a", "b", "c"]).valid).toBe(true);
    expect(messages(changeset.validateSubset("tags", ["a"]))).toEqual(["tags: has an invalid entry"]);
    expect(changeset.validateSubset("tags", ["a"]).errors[0]?.meta).toEqual({
      validation: "subset",
      enum: ["a"],
    });
  });

  test("rules look at changes only, and null passes", () => {
    const changeset = change(product(), { description: null });
    expect(changeset.validateLength("description", { min: 3 }).validateFormat("name", /^\d$/).valid).toBe(
      true,
    );
  });
});

describe("rules on params", () => {
  test("acceptance needs a ticked box, which need not be a field", () => {
    const accepted = (terms: unknown) =>
      cast(product(), { terms, agb: terms }, []).validateAcceptance("agb").valid;
    expect([true, "true", "1"].map(accepted)).toEqual([true, true, true]);
    expect([false, "false", "yes", undefined, {}].map(accepted)).toEqual([false, false, false, false, false]);
    expect(messages(cast(product(), {}, []).validateAcceptance("terms"))).toEqual([
      "terms: must be accepted",
    ]);
    expect(change(product()).validateAcceptance("terms").valid).toBe(true);
  });

  test("a confirmation repeats the field when it is sent", () => {
    const check = (params: object, options = {}) =>
      messages(cast(product(), params, ["secret"]).validateConfirmation("secret", options));
    expect(check({ secret: "a", secretConfirmation: "a" })).toEqual([]);
    expect(check({ secret: "a" })).toEqual([]);
    expect(check({ secret: "a" }, { required: true })).toEqual(["secretConfirmation: can't be blank"]);
    expect(check({ secret: "a", secretConfirmation: "b" })).toEqual([
      "secretConfirmation: does not match confirmation",
    ]);
    expect(check({ secretConfirmation: "b" })).toHaveLength(1);
  });
});

describe("validateChange and addError", () => {
  test("a rule answers with nothing, a message, or errors", () => {
    const changeset = change(product(), { name: "x" });
    const run = (verdict: unknown) =>
      messages(changeset.validateChange("name", () => verdict as never, { validation: "odd" }));
    expect(run(null)).toEqual([]);
    expect(run([])).toEqual([]);
    expect(run("is odd")).toEqual(["name: is odd"]);
    expect(run(["is odd", { field: "stock", message: "is %{n}", meta: { n: 1 } }])).toEqual([
      "name: is odd",
      "stock: is 1",
    ]);
    const seen: unknown[] = [];
    changeset.validateChange("name", (...args) => {
      seen.push(...args);
      return null;
    });
    expect(seen).toEqual(["name", "x"]);
    expect(() => run(Promise.resolve("late"))).toThrow(/answer at once/);
  });

  test("errors carry field, message and metadata", () => {
    const changeset = change(product()).addError("base", "needs %{what}", {
      what: "love",
      validation: "mood",
    });
    expect(changeset.errors).toEqual([
      { field: "base", message: "needs love", meta: { what: "love", validation: "mood" } },
    ]);
    expect(changeset.traverseErrors()).toEqual({ base: ["needs love"] });
    expect(changeset.traverseErrors(({ meta }) => meta.validation)).toEqual({ base: ["mood"] });
  });

  test("applied rules are listed for forms", () => {
    const changeset = change(product()).validateLength("name", { max: 3 }).validateFormat("name", /x/);
    expect(changeset.validations).toEqual([
      { field: "name", validation: "length", options: { max: 3 } },
      { field: "name", validation: "format", options: { format: /x/ } },
    ]);
  });
});
