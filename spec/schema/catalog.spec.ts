import { describe, expect, test } from "@jest/globals";
import { build, schemaOf } from "../../lib/schema/index.js";
import { Product, Review } from "./catalog.js";

describe("the catalog's schemas", () => {
  test("register their fields in order, primary key first", () => {
    const info = schemaOf(Product);
    expect(info.source).toBe("products");
    expect(info.name).toBe("Product");
    expect(info.primaryKey.name).toBe("id");
    expect(info.fields.map((field) => field.name)).toEqual([
      "id",
      "name",
      "description",
      "insertedAt",
      "updatedAt",
    ]);
    expect(info.fields.map((field) => field.autogenerate)).toEqual([
      undefined,
      undefined,
      undefined,
      "insertedAt",
      "updatedAt",
    ]);
    expect(schemaOf(Review).primaryKey.autogenerate).toBe("id");
  });

  test("relate to each other in a cycle", () => {
    expect(schemaOf(Product).association("reviews").target()).toBe(schemaOf(Review));
    expect(schemaOf(Review).association("product").target()).toBe(schemaOf(Product));
    expect(schemaOf(Review).association("product").foreignKey).toBe("productId");
  });

  test("build unsaved records", () => {
    const product = build(Product, { id: "p1", name: "Cereal" });
    expect(product).toBeInstanceOf(Product);
    expect(Object.entries(product)).toEqual([
      ["id", "p1"],
      ["name", "Cereal"],
      ["description", null],
      ["insertedAt", null],
      ["updatedAt", null],
    ]);
    const review = build(Review, { product, author: "Sarah J.", score: 3 });
    expect(review.productId).toBe("p1");
  });
});
