import { describe, expect, test } from "@jest/globals";
import { SchemaError } from "../../lib/errors.js";
import {
  BelongsTo,
  EmbeddedSchema,
  EmbedsMany,
  EmbedsOne,
  Field,
  HasMany,
  HasOne,
  InsertedAt,
  PrimaryKey,
  Schema,
  UpdatedAt,
} from "../../lib/schema/index.js";

type Loose = (...args: unknown[]) => unknown;

class Other {}

const properties: Record<string, () => unknown> = {
  PrimaryKey: () => PrimaryKey("binary_id"),
  Field: () => Field("string"),
  "Field without a type": () => Field(),
  InsertedAt: () => InsertedAt(),
  UpdatedAt: () => UpdatedAt(),
  BelongsTo: () => BelongsTo(() => Other, "otherId"),
  HasMany: () => HasMany(() => Other, "otherId" as never),
  HasOne: () => HasOne(() => Other, "otherId" as never),
  EmbedsOne: () => EmbedsOne(() => Other),
  EmbedsMany: () => EmbedsMany(() => Other),
};
const classes: Record<string, () => unknown> = {
  Schema: () => Schema("products"),
  EmbeddedSchema: () => EmbeddedSchema(),
};

const context = (kind: string, name: string) => ({
  kind,
  name,
  static: false,
  metadata: {},
  addInitializer() {},
});

function refusal(call: () => unknown): SchemaError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(SchemaError);
    return error as SchemaError;
  }
  throw new Error("Nothing was thrown.");
}

describe("decorators that were compiled by the standard name the option of the compiler", () => {
  test.each(Object.keys(properties))("@%s", (name) => {
    const decorate = properties[name]!() as Loose;
    for (const kind of ["field", "accessor"]) {
      expect(refusal(() => decorate(undefined, context(kind, "title"))).message).toMatch(
        /of title was compiled .*experimentalDecorators/s,
      );
    }
    // Babel's decorators of 2018 are given a descriptor alone.
    expect(refusal(() => decorate({ kind: "field", key: "title", placement: "own" })).message).toMatch(
      /of title .*version: "legacy"/s,
    );
  });

  test.each(Object.keys(classes))("@%s", (name) => {
    class Product {}
    expect(refusal(() => (classes[name]!() as Loose)(Product, context("class", "Product"))).message).toMatch(
      /of Product .*experimentalDecorators/s,
    );
  });
});

describe("decorators without their parentheses are refused, as they would do nothing", () => {
  test.each([
    ["PrimaryKey", PrimaryKey],
    ["Field", Field],
    ["InsertedAt", InsertedAt],
    ["UpdatedAt", UpdatedAt],
    ["BelongsTo", BelongsTo],
    ["HasMany", HasMany],
    ["HasOne", HasOne],
    ["EmbedsOne", EmbedsOne],
    ["EmbedsMany", EmbedsMany],
  ] as [string, unknown][])("@%s", (name, decorator) => {
    class Product {}
    expect(refusal(() => (decorator as Loose)(Product.prototype, "title", undefined)).message).toMatch(
      new RegExp(`@${name} in Product is written without its parentheses`),
    );
  });

  test.each([
    ["Schema", Schema],
    ["EmbeddedSchema", EmbeddedSchema],
  ] as [string, unknown][])("@%s", (name, decorator) => {
    expect(refusal(() => (decorator as Loose)(class Product {})).message).toMatch(
      new RegExp(`@${name} in Product is written without its parentheses`),
    );
  });

  test("a class where its function belongs is told so, as before", () => {
    class Product {}
    expect(refusal(() => (EmbedsOne(Other as never) as Loose)(Product.prototype, "other")).message).toMatch(
      /names its schema directly/,
    );
  });
});
