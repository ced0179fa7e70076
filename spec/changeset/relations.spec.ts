import { describe, expect, test } from "@jest/globals";
import { cast, change, changedValues, writesOfRelations } from "../../lib/changeset/index.js";
import { ChangeError, ChangesetError } from "../../lib/errors.js";
import { build, hydrate, schemaOf, setMeta } from "../../lib/schema/index.js";
import { Maker, Manual, Product, Review, Size, Variant } from "./shop.js";

/** A stored record with these relations loaded. */
function stored<T extends object>(record: T, relations: Record<string, unknown> = {}): T {
  Object.assign(record, relations);
  setMeta(record, { state: "loaded" });
  return record;
}

const review = (id: string, author = "Ann") =>
  stored(build(Review, { id, author, score: 3, productId: "p1" }));
const product = (relations: Record<string, unknown> = {}) =>
  stored(build(Product, { id: "p1", name: "Cereal" }), { reviews: [], ...relations });
const shape = (changes: unknown) =>
  (changes as { action: string; changes: object; data: { id: string | null } }[]).map(
    ({ action, changes: own, data }) => [action, data.id, { ...own }],
  );

describe("castAssoc, to many", () => {
  test("inserts, updates by primary key and nilifies what no entry names", () => {
    const record = product({ reviews: [review("r1"), review("r2"), review("r3")] });
    const params = { reviews: [{ id: "r2", author: "Bob" }, { author: "New" }, { id: "r1" }] };
    const changeset = cast(record, params, []).castAssoc("reviews");
    const { reviews } = changeset.changes as { reviews?: unknown };
    expect(shape(reviews)).toEqual([
      ["update", "r2", { author: "Bob" }],
      ["insert", null, { author: "New" }],
      ["update", "r1", {}],
      ["update", "r3", { productId: null }],
    ]);
    expect(changeset.valid).toBe(true);
    expect((changeset.getAssoc("reviews") as Review[]).map(({ author }) => author)).toEqual([
      "Bob",
      "New",
      "Ann",
    ]);
  });

  test("takes a form's numbered entries, sorts and drops them", () => {
    const cast_ = (params: object) =>
      shape(
        (
          cast(build(Product), params, []).castAssoc("reviews", { sortParam: "order", dropParam: "gone" })
            .changes as {
            reviews?: unknown;
          }
        ).reviews,
      ).map(([, , own]) => (own as { author?: string }).author);
    const reviews = { 10: { author: "c" }, 2: { author: "b" }, 1: { author: "a" } };
    expect(cast_({ reviews })).toEqual(["a", "b", "c"]);
    expect(cast_({ reviews, order: ["10", "1"] })).toEqual(["c", "a", "b"]);
    expect(cast_({ reviews, order: ["10", "1", "2"], gone: ["1"] })).toEqual(["c", "b"]);
    expect(cast_({ reviews: [{ author: "a" }, { author: "b" }], order: ["1", "0"] })).toEqual(["b", "a"]);
    expect(cast_({ order: ["new"] })).toEqual([undefined]);
  });

  test("is no change when nothing changes", () => {
    const record = product({ reviews: [review("r1")] });
    expect(cast(record, { reviews: [{ id: "r1", author: "Ann" }] }, []).castAssoc("reviews").changes).toEqual(
      {},
    );
    expect(cast(record, {}, []).castAssoc("reviews").changes).toEqual({});
  });

  test("keeps errors with their entry, and makes the whole invalid", () => {
    const changeset = cast(build(Product), { reviews: [{ author: "a", score: 3 }, { score: 9 }] }, [])
      .castAssoc("reviews")
      .addError("name", "is odd");
    expect(changeset.valid).toBe(false);
    expect(changeset.errors).toHaveLength(1);
    expect(changeset.traverseErrors()).toEqual({
      name: ["is odd"],
      reviews: [{}, { author: ["can't be blank"], score: ["must be less than or equal to 5"] }],
    });
    expect(() => changeset.applyActionOrThrow("insert")).toThrow(
      /reviews\[1\]\.score: must be less than or equal to 5/,
    );
  });

  test("refuses entries that are none", () => {
    for (const reviews of ["x", 1, ["x"], [[]], [null], true, { a: "x" }]) {
      const changeset = cast(build(Product), { reviews }, []).castAssoc("reviews");
      expect(changeset.errors).toEqual([
        { field: "reviews", message: "is invalid", meta: { validation: "assoc", type: "array" } },
      ]);
    }
    const required = cast(build(Product), { reviews: [] }, []).castAssoc("reviews", { required: true });
    expect(required.errors).toMatchObject([{ field: "reviews", message: "can't be blank" }]);
    expect(required.required).toEqual(["reviews"]);
    expect(
      cast(build(Product), { reviews: "x" }, []).castAssoc("reviews", { invalidMessage: "no" }).errors[0]
        ?.message,
    ).toBe("no");
  });

  test("reads own entries only, each by its permitted fields", () => {
    const params: unknown = JSON.parse(
      '{"reviews":[{"__proto__":{"author":"Evil"},"productId":"p9","score":2,"author":"a"}]}',
    );
    const changeset = cast(build(Product), params, []).castAssoc("reviews");
    expect(shape((changeset.changes as { reviews?: unknown }).reviews)).toEqual([
      ["insert", null, { author: "a", score: 2 }],
    ]);
    expect(cast(build(Product), Object.create({ reviews: [{}] }), []).castAssoc("reviews").changes).toEqual(
      {},
    );
  });

  test("meets onReplace: raise names the ways out, markAsInvalid is an error", () => {
    const record = product({ strictReviews: [review("r1")], markedReviews: [review("r1")] });
    expect(() => cast(record, { strictReviews: [] }, []).castAssoc("strictReviews")).toThrow(ChangeError);
    expect(() => cast(record, { strictReviews: [] }, []).castAssoc("strictReviews")).toThrow(
      /onReplace: "delete"/,
    );
    expect(cast(record, { markedReviews: [] }, []).castAssoc("markedReviews").errors).toMatchObject([
      { field: "markedReviews", message: "is invalid" },
    ]);
  });

  test("wants the relation of a stored record loaded, and a function to cast with", () => {
    const unloaded = stored(build(Product, { id: "p1" }));
    expect(() => cast(unloaded, { reviews: [] }, []).castAssoc("reviews")).toThrow(
      /repo\.preload\(record, "reviews"\)/,
    );
    expect(() => cast(build(Product), { manual: {} }, []).castAssoc("manual")).toThrow(
      /static changeset\(record: Manual/,
    );
    const changeset = cast(build(Product), { manual: { text: "x" } }, []).castAssoc("manual", {
      with: (manual, params) => cast(manual, params, ["text"]),
    });
    expect((changeset.getAssoc("manual") as Manual).text).toBe("x");
    expect(() =>
      cast(build(Product), { reviews: [{}] }, []).castAssoc("reviews", { with: () => ({}) }),
    ).toThrow(/must return a changeset/);
    expect(() => cast(build(Product), {}, []).castAssoc("size" as never)).toThrow(/castEmbed\("size"\)/);
  });

  test("an entry can delete its record", () => {
    const record = product({ reviews: [review("r1"), review("r2")] });
    const changeset = cast(
      record,
      { reviews: [{ id: "r1", gone: true }, { id: "r2" }, { gone: true }] },
      [],
    ).castAssoc("reviews", {
      with(one, params) {
        const own = Review.changeset(one, params);
        return (params as { gone?: boolean }).gone === true ? own.putAction("delete") : own;
      },
    });
    expect(
      shape((changeset.changes as { reviews?: unknown }).reviews).map(([action, id]) => [action, id]),
    ).toEqual([
      ["delete", "r1"],
      ["update", "r2"],
    ]);
    expect(
      (changeset.applyChanges() as unknown as { reviews: Review[] }).reviews.map(({ id }) => id),
    ).toEqual(["r2"]);
  });
});

describe("putAssoc", () => {
  test("takes records, changesets and attributes", () => {
    const [kept, gone] = [review("r1"), review("r2")];
    const record = product({ reviews: [kept, gone] });
    const other = stored(build(Review, { id: "r9", author: "Zoe" }));
    const changeset = change(record).putAssoc("reviews", [
      change(kept, { author: "Eve" }),
      build(Review, { author: "New" }),
      other,
      { author: "Attrs" },
    ]);
    expect(shape((changeset.changes as { reviews?: unknown }).reviews)).toEqual([
      ["update", "r1", { author: "Eve" }],
      ["insert", null, {}],
      ["update", "r9", {}],
      ["insert", null, {}],
      ["update", "r2", { productId: null }],
    ]);
    expect(change(record).putAssoc("reviews", [kept, gone]).changes).toEqual({});
    expect(() => change(record).putAssoc("reviews", [build(Maker, {})] as never)).toThrow(
      /records of Review, not of Maker/,
    );
    expect(() => change(record).putAssoc("reviews", "x" as never)).toThrow(ChangesetError);
    expect(() => change(product({ maker: null })).putAssoc("maker", 5 as never)).toThrow(/a record or null/);
  });

  test("gives the Repo what leaves, and what to write before and behind the owner", () => {
    const manual = stored(build(Manual, { id: "m1", productId: "p1" }));
    const maker = stored(build(Maker, { id: "k1", name: "Old" }));
    const record = product({ manual, maker, reviews: [review("r1")] });
    const changeset = change(record)
      .putAssoc("manual", { text: "new" })
      .putAssoc("maker", build(Maker, { name: "New" }))
      .putAssoc("reviews", [{ id: "r1", author: "Eve" }, { author: "x" }]);
    const { leaving, parents, children } = writesOfRelations(changeset);
    expect(leaving).toMatchObject([{ action: "delete", data: manual }]);
    expect(parents.map(({ association, changeset: one }) => [association.name, one?.action])).toEqual([
      ["maker", "insert"],
    ]);
    expect(
      children.map(({ association, changesets }) => [association.name, changesets.map((one) => one.action)]),
    ).toEqual([
      ["manual", ["insert"]],
      ["reviews", ["update", "insert"]],
    ]);
    const cleared = writesOfRelations(change(record).putAssoc("maker", null).putAssoc("reviews", []));
    expect(cleared.parents).toMatchObject([{ changeset: null }]);
    expect(cleared.leaving).toMatchObject([{ action: "update", changes: { productId: null } }]);
    expect(cleared.children).toMatchObject([{ changesets: [] }]);
  });
});

describe("embeds", () => {
  test("one is updated in place, set and cleared", () => {
    const small = build(Size, { width: 1, height: 2 });
    const record = stored(build(Product, { id: "p1", size: small }));
    const updated = cast(record, { size: { width: "5" } }, []).castEmbed("size");
    expect(updated.changes.size).toMatchObject({ action: "update", changes: { width: 5 } });
    expect(updated.getField("size")).toEqual({ width: 5, height: 2 });
    expect(small.width).toBe(1);
    expect(changedValues(updated)).toEqual({ size: { width: 5, height: 2 } });
    expect(changedValues(updated).size).toBeInstanceOf(Size);
    const fresh = cast(build(Product), { size: { height: "x" } }, []).castEmbed("size", { required: true });
    expect(fresh.traverseErrors()).toEqual({ size: { height: ["is invalid"], width: ["can't be blank"] } });
    expect(cast(build(Product), { size: 5 }, []).castEmbed("size").errors).toMatchObject([
      { field: "size", message: "is invalid", meta: { validation: "embed", type: "map" } },
    ]);
    expect(
      cast(build(Product), { size: null }, []).castEmbed("size", { required: true }).errors,
    ).toMatchObject([{ message: "can't be blank" }]);
  });

  test("many are matched by primary key, kept in order, and new ones get keys", () => {
    const [a, b] = [build(Variant, { label: "a" }), build(Variant, { label: "b" })];
    const record = stored(build(Product, { id: "p1", variants: [a, b] }));
    const changeset = cast(record, { variants: [{ label: "new" }, { id: a.id, label: "A" }] }, []).castEmbed(
      "variants",
    );
    const applied = changeset.applyChanges().variants;
    expect(applied.map(({ label }) => label)).toEqual(["new", "A"]);
    expect(applied[1]?.id).toBe(a.id);
    expect(applied[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(applied[1]?.updatedAt.getTime()).toBeGreaterThanOrEqual(a.updatedAt.getTime());
    expect(applied.every((one) => one instanceof Variant)).toBe(true);
    expect((changeset.getEmbed("variants", "changeset") as unknown[]).length).toBe(2);
    const swapped = cast(record, { variants: [{ id: b.id }, { id: a.id }] }, []).castEmbed("variants");
    expect(swapped.applyChanges().variants.map(({ label }) => label)).toEqual(["b", "a"]);
    expect(
      cast(record, { variants: [{ id: a.id }, { id: b.id }] }, []).castEmbed("variants").changes,
    ).toEqual({});
    expect(() =>
      cast(stored(build(Product, { id: "p", parts: [a] })), { parts: [] }, []).castEmbed("parts"),
    ).toThrow(ChangeError);
  });

  test("are put as records, attributes or changesets, through putChange too", () => {
    const record = build(Product, { id: "p1" });
    const variant = build(Variant, { label: "a" });
    expect(
      change(record)
        .putEmbed("variants", [variant, { label: "b" }])
        .applyChanges().variants,
    ).toMatchObject([{ id: variant.id, label: "a" }, { label: "b" }]);
    expect(change(record).putChange("size", { width: 1, height: 1 }).applyChanges().size).toBeInstanceOf(
      Size,
    );
    expect(change(record, { size: null }).changes).toEqual({});
    expect(() => change(record).putEmbed("variants", "x" as never)).toThrow(/takes a list of records/);
  });

  test("loaded without metadata of their own, are still updates", () => {
    const loaded = hydrate(schemaOf(Variant), { id: "v1", label: "a" });
    const record = stored(build(Product, { id: "p1", variants: [loaded] }));
    const changeset = change(record).putEmbed("variants", [change(loaded, { label: "z" })]);
    expect(shape(changeset.changes.variants)).toEqual([["update", "v1", { label: "z" }]]);
  });
});
