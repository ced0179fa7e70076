import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  build,
  ConstraintError,
  change,
  from,
  getMeta,
  InvalidChangesetError,
  InvalidOptionsError,
  MultipleResultsError,
  NoResultsError,
  PrimaryKeyChangeError,
  PrimaryKeyExistsError,
  type Repo,
  StaleEntryError,
  type Tenant,
  UnknownFieldError,
  UnsupportedQueryError,
} from "../../lib/index.js";
import { Author, Note, openShop, Product, Review } from "./shop.js";

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
});
afterAll(() => repo.close());

const insert = (attrs: object = {}) =>
  repo.insert(Product, { name: "Cereal", ...attrs } as { name: string }, { tenant });

describe("insert", () => {
  test("fills id, defaults and timestamps, and reads back as it was returned", async () => {
    const before = Date.now();
    const cereal = await insert();
    expect(cereal).toBeInstanceOf(Product);
    expect(cereal.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(cereal).toMatchObject({ name: "Cereal", description: null, stock: 0 });
    expect(cereal.insertedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(Object.keys(cereal)).toEqual([
      "id",
      "name",
      "description",
      "stock",
      "version",
      "insertedAt",
      "updatedAt",
    ]);
    expect(JSON.parse(JSON.stringify(cereal)).name).toBe("Cereal");
    expect(await repo.get(Product, cereal.id, { tenant })).toEqual(cereal);
    expect(getMeta(cereal)).toMatchObject({ state: "loaded", tenant });
  });

  test("takes a built record and leaves it unsaved, or a changeset", async () => {
    const record = build(Note, { id: "built", text: "a" });
    const stored = await repo.insert(Note, record, { tenant });
    expect(stored).not.toBe(record);
    expect(getMeta(record)?.state).toBe("built");
    const cast = Product.changeset(build(Product, {}), { name: "From params", id: "cs" });
    expect(await repo.insert(cast, { tenant })).toMatchObject({ id: "cs", name: "From params" });
    expect(
      await repo.insert(Product, Product.changeset(build(Product, {}), { name: "Two" }), { tenant }),
    ).toMatchObject({ name: "Two" });
  });

  test("takes an object that the class's constructor made, with the defaults of what it does not set", async () => {
    const made = Object.assign(new Product(), { id: "constructed", name: "By new" });
    const stored = await repo.insert(made, { tenant });
    expect(stored).toMatchObject({
      id: "constructed",
      name: "By new",
      description: null,
      stock: 0,
      version: 1,
    });
    expect(await repo.get(Product, "constructed", { tenant })).toEqual(stored);
    const cast = await repo.insert(Product.changeset(new Product(), { id: "constructed 2", name: "Cast" }), {
      tenant,
    });
    expect(cast).toMatchObject({ stock: 0, version: 1 });
    expect(Object.keys(made)).toEqual(["id", "name"]);
  });

  test("refuses what does not fit, by field, and writes nothing", async () => {
    await expect(insert({ nme: "x" })).rejects.toThrow(UnknownFieldError);
    const wrong = await insert({ stock: "many", name: 5 }).catch((error) => error);
    expect(wrong).toBeInstanceOf(InvalidChangesetError);
    expect(wrong.changeset.errors.map((error: { field: string }) => error.field).sort()).toEqual([
      "name",
      "stock",
    ]);
    const invalid = Product.changeset(build(Product, {}), {});
    await expect(repo.insert(invalid, { tenant })).rejects.toThrow(InvalidChangesetError);
    expect(await repo.tryInsert(invalid, { tenant })).toMatchObject({
      ok: false,
      changeset: { action: "insert", valid: false },
    });
    await expect(repo.insert(Note, { id: null as never }, { tenant })).rejects.toMatchObject({
      code: "no_primary_key_value",
    });
    await expect(repo.insert(Note, undefined as never, { tenant })).rejects.toThrow(InvalidOptionsError);
  });

  test("a taken key is an error unless told otherwise", async () => {
    const stored = await insert({ id: "taken", description: "first" });
    await expect(insert({ id: "taken" })).rejects.toThrow(PrimaryKeyExistsError);
    const nothing = await repo.insert(
      Product,
      { id: "taken", name: "Other" },
      { tenant, onConflict: "nothing" },
    );
    expect(nothing).toEqual(stored);
    const except = await repo.insert(
      Product,
      { id: "taken", name: "Except" },
      { tenant, onConflict: { replaceAllExcept: ["insertedAt"] } },
    );
    expect(except).toMatchObject({ name: "Except", description: null, insertedAt: stored.insertedAt });
    expect(await repo.getBy(Product, { name: "Except" }, { tenant })).toEqual(except);
    const replaced = await repo.insert(
      Product,
      { id: "taken", name: "Named", stock: 7 },
      { tenant, onConflict: { replace: ["name"] } },
    );
    expect(replaced).toMatchObject({ name: "Named", stock: 0, updatedAt: except.updatedAt });
    expect(await repo.allBy(Product, { name: "Except" }, { tenant })).toEqual([]);
    await expect(
      repo.insert(
        Product,
        { id: "taken", name: "x" },
        { tenant, onConflict: { replace: ["nope" as "name"] } },
      ),
    ).rejects.toThrow(UnknownFieldError);
    await expect(
      repo.insert(Product, { id: "x", name: "x" }, { tenant, conflictTarget: ["name"] as never }),
    ).rejects.toThrow(InvalidOptionsError);
  });

  test("related records give their keys, and new ones are stored with it", async () => {
    const cereal = await insert();
    const review = await repo.insert(Review, {
      product: cereal,
      author: { email: "new@x" } as Author,
      score: 3,
    });
    expect(review.productId).toBe(cereal.id);
    expect(await repo.get(Author, review.authorId!, { tenant })).toMatchObject({ email: "new@x" });
    const tree = await repo.insert(
      Product,
      { name: "Tree", reviews: [{ score: 1 }, { score: 2 }] as Review[] },
      { tenant },
    );
    expect(
      (await repo.allBy(Review, { productId: tree.id }, { tenant })).map(({ score }) => score).sort(),
    ).toEqual([1, 2]);
  });
});

describe("update", () => {
  test("writes changes over what is stored, so that others' changes survive", async () => {
    const cereal = await insert();
    await repo.update(change(cereal, { stock: 9 }));
    const renamed = await repo.update(Product.changeset(cereal, { name: "Renamed" }));
    expect(renamed).toMatchObject({ name: "Renamed", stock: 9 });
    expect(renamed.updatedAt.getTime()).toBeGreaterThanOrEqual(cereal.updatedAt.getTime());
    expect(await repo.get(Product, cereal.id, { tenant })).toEqual(renamed);
  });

  test("two updates of one record at once in a transaction are both kept", async () => {
    const cereal = await insert();
    await repo.transactional(tenant, () =>
      Promise.all([
        repo.update(change(cereal, { stock: 1 })),
        repo.update(change(cereal, { description: "d" })),
      ]),
    );
    expect(await repo.get(Product, cereal.id, { tenant })).toMatchObject({ stock: 1, description: "d" });
  });

  test("without changes returns the record and writes nothing", async () => {
    const cereal = await insert();
    expect(await repo.update(change(cereal, {}))).toBe(cereal);
  });

  test("of a missing row is stale, of a key refused", async () => {
    const ghost = build(Product, { id: "ghost", name: "x" });
    await expect(repo.update(change(ghost, { name: "y" }), { tenant })).rejects.toThrow(StaleEntryError);
    const cereal = await insert();
    await expect(repo.update(change(cereal, { id: "other" }))).rejects.toThrow(PrimaryKeyChangeError);
    expect(await repo.get(Product, "other", { tenant })).toBeNull();
    await expect(repo.update(cereal as never)).rejects.toThrow(InvalidOptionsError);
  });

  test("an optimistic lock lets one of two through", async () => {
    const cereal = await insert();
    const locked = (name: string) => change(cereal, { name }).optimisticLock("version");
    expect(await repo.update(locked("first"))).toMatchObject({ name: "first", version: 2 });
    await expect(repo.update(locked("second"))).rejects.toThrow(StaleEntryError);
    expect(await repo.get(Product, cereal.id, { tenant })).toMatchObject({ name: "first", version: 2 });
  });
});

describe("delete", () => {
  test("removes the row and its entries, once", async () => {
    const cereal = await insert({ name: "Gone" });
    const deleted = await repo.delete(cereal);
    expect(getMeta(deleted)?.state).toBe("deleted");
    expect(await repo.get(Product, cereal.id, { tenant })).toBeNull();
    expect(await repo.getBy(Product, { name: "Gone" }, { tenant })).toBeNull();
    await expect(repo.delete(cereal)).rejects.toThrow(StaleEntryError);
  });

  test("needs only the key", async () => {
    await repo.insert(Note, { id: "by key" }, { tenant });
    await repo.delete(build(Note, { id: "by key" }), { tenant });
    expect(await repo.get(Note, "by key", { tenant })).toBeNull();
  });
});

describe("constraints", () => {
  const author = (email: string | null) => change(build(Author, {}), { email });

  test("unique: an error of the changeset when declared, a ConstraintError when not", async () => {
    await repo.insert(author("a@x").uniqueConstraint("email"), { tenant });
    const taken = await repo.tryInsert(author("a@x").uniqueConstraint("email"), { tenant });
    expect(taken).toMatchObject({ ok: false });
    if (!taken.ok)
      expect(taken.changeset.errors).toEqual([
        {
          field: "email",
          message: "has already been taken",
          meta: { constraint: "unique", name: "authors_email_index" },
        },
      ]);
    await expect(repo.insert(Author, { email: "a@x" }, { tenant })).rejects.toThrow(ConstraintError);
    await expect(repo.insert(Author, { email: "a@x" }, { tenant })).rejects.toThrow(
      /uniqueConstraint\("email"\)/,
    );
    await Promise.all([repo.insert(author(null), { tenant }), repo.insert(author(null), { tenant })]);
  });

  test("of a thousand at once, one gets the value", async () => {
    const tries = Array.from({ length: 50 }, () =>
      repo.tryInsert(author("race").uniqueConstraint("email"), { tenant }),
    );
    expect((await Promise.all(tries)).filter(({ ok }) => ok)).toHaveLength(1);
  });

  test("a unique rule without its index is refused with the migration line", async () => {
    const changeset = change(build(Product, {}), { name: "x" }).uniqueConstraint("description");
    await expect(repo.insert(changeset, { tenant })).rejects.toThrow(
      /create\(index\(Product, \["description"\], \{ unique: true \}\)\)/,
    );
  });

  test("foreign keys, associations, checks", async () => {
    const orphan = change(build(Review, {}), { productId: "nobody" }).foreignKeyConstraint("productId");
    expect(await repo.tryInsert(orphan, { tenant })).toMatchObject({
      ok: false,
      changeset: { errors: [{ field: "productId" }] },
    });
    const cereal = await insert();
    const review = await repo.insert(
      change(build(Review, {}), { productId: cereal.id }).foreignKeyConstraint("productId"),
      { tenant },
    );
    expect(review.productId).toBe(cereal.id);
    const kept = await repo.tryDelete(change(cereal).noAssocConstraint("reviews"));
    expect(kept).toMatchObject({ ok: false, changeset: { errors: [{ field: "reviews" }] } });
    await repo.delete(review);
    expect(await repo.tryDelete(change(cereal).noAssocConstraint("reviews"))).toMatchObject({ ok: true });
    const negative = change(build(Product, {}), { name: "n", stock: -1 }).checkConstraint("stock", {
      name: "positive",
      check: (p) => p.stock >= 0,
    });
    expect(await repo.tryInsert(negative, { tenant })).toMatchObject({
      ok: false,
      changeset: { errors: [{ field: "stock" }] },
    });
  });

  test("a parent that is deleted meanwhile does not leave an orphan", async () => {
    const cereal = await insert();
    const child = () =>
      repo.tryInsert(change(build(Review, {}), { productId: cereal.id }).foreignKeyConstraint("productId"), {
        tenant,
      });
    await Promise.all([
      repo.delete(change(cereal).noAssocConstraint("reviews")).catch(() => undefined),
      child(),
      child(),
    ]);
    const parent = await repo.get(Product, cereal.id, { tenant });
    const children = await repo.count(from(Review).where({ productId: cereal.id }), { tenant });
    expect(parent === null ? children === 0 : children > 0).toBe(true);
  });
});

describe("nested changesets", () => {
  test("are written with their owner, or not at all", async () => {
    const params = { name: "With reviews", reviews: [{ score: 4 }, { score: 5 }] };
    const reviewOf = (review: Review, given: unknown) => change(review).cast(given, ["score"]);
    const tree = await repo.insert(
      Product.changeset(build(Product, {}), params).cast(params, []).castAssoc("reviews", { with: reviewOf }),
      { tenant },
    );
    expect(await repo.count(from(Review).where({ productId: tree.id }), { tenant })).toBe(2);
    const loaded = await repo.preload(tree, "reviews");
    expect(loaded.reviews.map(({ score }) => score).sort()).toEqual([4, 5]);
  });

  test("a tree that fails half-way leaves nothing to a caller that goes on", async () => {
    const taken = await repo.insert(Author, { email: "half" }, { tenant });
    await repo.transactional(tenant, async () => {
      const failed = repo.insert(Review, {
        product: { name: "Half" },
        author: { email: "half" },
        score: 1,
      });
      await expect(failed).rejects.toThrow(ConstraintError);
    });
    expect(await repo.getBy(Product, { name: "Half" }, { tenant })).toBeNull();
    await repo.delete(taken);
  });
});

describe("reads", () => {
  test("one, getBy and their OrThrow forms", async () => {
    await insert({ name: "Twin" });
    await insert({ name: "Twin" });
    await expect(repo.getBy(Product, { name: "Twin" }, { tenant })).rejects.toThrow(MultipleResultsError);
    await expect(repo.oneOrThrow(from(Product).where({ name: "Nobody" }), { tenant })).rejects.toThrow(
      NoResultsError,
    );
    await expect(repo.getOrThrow(Product, "nobody", { tenant })).rejects.toThrow(NoResultsError);
    await expect(repo.getByOrThrow(Product, { name: "Nobody" }, { tenant })).rejects.toThrow(NoResultsError);
    expect(await repo.one(from(Product).where({ name: "Twin" }).first(), { tenant })).toMatchObject({
      name: "Twin",
    });
    expect(await repo.exists(from(Product).where({ name: "Twin" }), { tenant })).toBe(true);
  });

  test("an option that a method does not have is refused", async () => {
    await expect(repo.all(Product, { tenant, limit: 1 } as never)).rejects.toThrow(
      /from\(Schema\).limit\(n\)/,
    );
    await expect(repo.get(Product, "a", { tennant: tenant } as never)).rejects.toThrow(InvalidOptionsError);
  });

  test("aggregates", async () => {
    const { tenant: other } = await openShop({ engine: await repo.engine() });
    await repo.insertAll(
      Product,
      [3, 1, 2].map((stock) => ({ name: `n${stock}`, stock })),
      { tenant: other },
    );
    const options = { tenant: other };
    expect(await repo.aggregate(Product, "sum", "stock", options)).toBe(6);
    expect(await repo.aggregate(Product, "avg", "stock", options)).toBe(2);
    expect(await repo.aggregate(Product, "min", "stock", options)).toBe(1);
    expect(await repo.aggregate(from(Product), "max", "name", options)).toBe("n3");
    expect(await repo.aggregate(Product, "count", undefined, options)).toBe(3);
    expect(await repo.aggregate(from(Product).where({ name: "none" }), "sum", "stock", options)).toBeNull();
  });

  test("reload and preload leave the given records alone", async () => {
    const cereal = await insert();
    await repo.update(change(cereal, { stock: 3 }));
    expect(await repo.reload(cereal)).toMatchObject({ stock: 3 });
    const loaded = await repo.preload([cereal], "reviews");
    expect(loaded[0]?.reviews).toEqual([]);
    expect(Object.keys(cereal)).not.toContain("reviews");
  });

  test("a source name in place of a schema", async () => {
    const { tenant: other } = await openShop({ engine: await repo.engine() });
    await repo.insertAll(
      Product,
      ["a", "b", "c"].map((id) => ({ id, name: `n-${id}` })),
      { tenant: other },
    );
    const options = { tenant: other };
    expect(await repo.all(from("products").select(["id", "name"]), options)).toEqual(
      ["a", "b", "c"].map((id) => ({ id, name: `n-${id}` })),
    );
    expect(await repo.all(from("products").where({ name: "n-b" }).select("id"), options)).toEqual(["b"]);
    expect(
      await repo.all(
        from("products")
          .where({ id: { gt: "a" } })
          .select("id")
          .limit(1),
        options,
      ),
    ).toEqual(["b"]);
    expect(await repo.allRange("products", "a", "c", options)).toMatchObject([{ id: "a" }, { id: "b" }]);
    await expect(repo.all(from("products").where({ insertedAt: new Date() }), options)).rejects.toThrow(
      UnsupportedQueryError,
    );
  });

  test("allRange keeps the query's own conditions and order", async () => {
    const { tenant: other } = await openShop({ engine: await repo.engine() });
    await repo.insertAll(
      Note,
      ["1", "2", "3"].map((id) => ({ id })),
      { tenant: other },
    );
    const ids = async (...args: [unknown, unknown, object?]) =>
      (await repo.allRange(from(Note).reverseOrder(), args[0], args[1], { tenant: other, ...args[2] })).map(
        ({ id }) => id,
      );
    expect(await ids("1", "3")).toEqual(["2", "1"]);
    expect(await ids("1", "3", { inclusiveLeft: false, inclusiveRight: true })).toEqual(["3", "2"]);
    expect(await ids(null, "2", { inclusiveRight: true })).toEqual(["2", "1"]);
    await expect(repo.allRange(Note, undefined, "2", { tenant: other })).rejects.toThrow(/undefined/);
  });
});

describe("many rows", () => {
  test("insertAll, updateAll and deleteAll, in batches with progress", async () => {
    const { tenant: other } = await openShop({ engine: await repo.engine() });
    const options = { tenant: other };
    const progress: number[] = [];
    const rows = Array.from({ length: 25 }, (_, i) => ({ id: `n${String(i).padStart(2, "0")}` }));
    const inserted = await repo.insertAll(Note, rows, {
      ...options,
      batch: 10,
      onProgress: ({ rows: done }) => progress.push(done),
    });
    expect(inserted.count).toBe(25);
    expect(progress).toEqual([10, 20, 25]);
    expect(await repo.updateAll(Note, ({ id }) => ({ text: id }), { ...options, batch: 7 })).toEqual({
      count: 25,
    });
    expect(await repo.count(Note, options)).toBe(25);
    expect(await repo.get(Note, "n07", options)).toMatchObject({ text: "n07" });
    expect(await repo.updateAll(from(Note).where({ id: { gte: "n20" } }), { text: null }, options)).toEqual({
      count: 5,
    });
    const seen: string[] = [];
    for await (const note of repo.stream(Note, { ...options, batch: 4 })) seen.push(note.id);
    expect(seen).toEqual(rows.map(({ id }) => id));
    expect(await repo.deleteAll(from(Note).where({ id: { lt: "n05" } }), options)).toEqual({ count: 5 });
    expect(await repo.deleteAll(Note, { ...options, batch: 6 })).toEqual({ count: 20 });
    expect(await repo.exists(Note, options)).toBe(false);
  });

  test("rows that a conflict skips are not counted", async () => {
    const rows = [{ id: "once" }, { id: "twice" }];
    expect((await repo.insertAll(Note, rows, { tenant })).count).toBe(2);
    expect(
      (await repo.insertAll(Note, [...rows, { id: "thrice" }], { tenant, onConflict: "nothing" })).count,
    ).toBe(1);
  });
});
