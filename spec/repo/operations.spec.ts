import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import { build, cast, change, from, or, type Repo, type Tenant, TooManyKeysError } from "../../lib/index.js";
import { countWork, type Work } from "./count-work.js";
import {
  Author,
  Basket,
  Item,
  Job,
  Note,
  openShop,
  Product,
  Review,
  Sale,
  Seat,
  Session,
  Stock,
  Visitor,
} from "./shop.js";

// Products: index [name], metadata. Reviews: index [productId, insertedAt], metadata, metadata by productId.
// Authors: unique index [email]. Notes: nothing. Jobs: versionstamp key, index [author].
// Sessions: partitioned, index [data], counter by userId. Sales: sum of cents by shop, index on each of tags. Items: index
// [basketId, noteId]. Coupons: index [basketId]. Stock: index [shelf] that holds the records. Visitors: index [address.city]. Seats: composite key, no index.

interface Line {
  readonly name: string;
  readonly run: (repo: Repo, tenant: Tenant) => Promise<unknown>;
  /** Point reads, range reads, keys of ranges, writes, range clears, round trips of reads, commits. */
  readonly work: readonly [number, number, number, number, number, number, number];
  /** Made before, not counted. */
  readonly before?: (repo: Repo, tenant: Tenant) => Promise<unknown>;
}

const overtaking = process.env.PLINTH_TEST_URL !== undefined;
const big = "x".repeat(200_000);
const product = (repo: Repo, tenant: Tenant, id: string) => repo.getOrThrow(Product, id, { tenant });
const saleThree = (repo: Repo, tenant: Tenant) => repo.getOrThrow(Sale, "three", { tenant });
/** The first review of a product, with another score. */
const rated = (score: number, touchParent = true) => {
  const params = { reviews: reviewed.reviews.map(({ id }, at) => (at === 0 ? { id, score } : { id })) };
  const one = (review: Review, entry: unknown) => cast(review, entry, ["score"]);
  return cast(reviewed, params, []).castAssoc("reviews", { with: one, touchParent });
};
/** A step that inserts five notes in each of its batches. */
const inserting = (name: string, batches: number) => async (tx: Repo, cursor: number | undefined) => {
  const at = cursor ?? 0;
  const notes = [1, 2, 3, 4, 5].map((n) => ({ id: `${name} ${at} ${n}` }));
  await tx.insertAll(Note, notes);
  return at + 1 < batches ? at + 1 : null;
};
let reviewed: Product & { readonly reviews: Review[] };
let full: readonly Basket[] = [];
let baskets: readonly Basket[] = [];
let relisted: Promise<Basket & { readonly joined: Note[] }>;
let prepared: { readonly [name: string]: Product };

const lines: readonly Line[] = [
  {
    name: "`get` by primary key",
    run: (repo, tenant) => repo.get(Product, "p1", { tenant }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`get` of a missing record",
    run: (repo, tenant) => repo.get(Product, "none", { tenant }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`get` of a record of 3 chunks",
    run: (repo, tenant) => repo.get(Note, "big", { tenant }),
    work: [1, 3, 3, 0, 0, 4, 0],
  },
  {
    name: "`get` by a composite key",
    run: (repo, tenant) => repo.get(Seat, { hall: "red", number: 3 }, { tenant }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`all` by the first field of a composite key (4 rows)",
    run: (repo, tenant) => repo.allBy(Seat, { hall: "red" }, { tenant }),
    work: [0, 1, 4, 0, 0, 1, 0],
  },
  {
    name: "`getBy` on an index",
    run: (repo, tenant) => repo.getBy(Product, { name: "Cereal 1" }, { tenant }),
    work: [1, 1, 1, 0, 0, 2, 0],
  },
  {
    name: "`getBy` on a unique index",
    run: (repo, tenant) => repo.getBy(Author, { email: "a1" }, { tenant }),
    work: [2, 0, 0, 0, 0, 2, 0],
  },
  {
    name: "`all` of a source (20 rows)",
    run: (repo, tenant) => repo.all(Product, { tenant }),
    work: [0, 1, 20, 0, 0, 1, 0],
  },
  {
    name: "`all` on an index (10 rows)",
    run: (repo, tenant) => repo.allBy(Review, { productId: "p1" }, { tenant }),
    work: [10, 1, 10, 0, 0, 2, 0],
  },
  {
    name: "`all`, fields of the index only",
    run: (repo, tenant) =>
      repo.all(from(Review).where({ productId: "p1" }).select(["id", "insertedAt"]), { tenant }),
    work: [0, 1, 10, 0, 0, 1, 0],
  },
  {
    name: "`all` with `in` of 3 keys",
    run: (repo, tenant) => repo.all(from(Product).where({ id: { in: ["p1", "p2", "p3"] } }), { tenant }),
    work: [3, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`all` with `in` of 3 values of an index",
    run: (repo, tenant) =>
      repo.all(from(Product).where({ name: { in: ["Cereal 1", "Cereal 2", "Cereal 3"] } }), { tenant }),
    work: [3, 3, 3, 0, 0, 2, 0],
  },
  {
    name: "`count` with `ne` of a value of an index (10 of 20 rows)",
    run: (repo, tenant) => repo.count(from(Review).where({ productId: { ne: "p1" } }), { tenant }),
    work: [0, 2, 10, 0, 0, 1, 0],
  },
  {
    name: "`all` with `or` of a key and a value of an index",
    run: (repo, tenant) => repo.all(from(Product).where(or({ id: "p1" }, { name: "Cereal 2" })), { tenant }),
    work: [2, 1, 1, 0, 0, 2, 0],
  },
  {
    name: "`all` with `or` of two fields, both naming one row",
    run: (repo, tenant) => repo.all(from(Product).where(or({ id: "p1" }, { name: "Cereal 1" })), { tenant }),
    work: [1, 1, 1, 0, 0, 1, 0],
  },
  {
    name: "`exists` with `or` of two fields",
    run: (repo, tenant) =>
      repo.exists(from(Product).where(or({ id: "p1" }, { name: "Cereal 2" })), { tenant }),
    work: [1, 1, 1, 0, 0, 1, 0],
  },
  {
    name: "`all`, order of an index, `limit(1)`",
    run: (repo, tenant) => repo.all(from(Product).orderBy({ name: "desc" }).limit(1), { tenant }),
    work: [1, 1, 1, 0, 0, 2, 0],
  },
  {
    name: "`all` of a source, `limit(1)`",
    run: (repo, tenant) => repo.all(from(Product).limit(1), { tenant }),
    work: [0, 1, 1, 0, 0, 1, 0],
  },
  {
    name: "`all` of contradictory conditions",
    run: (repo, tenant) => repo.all(from(Product).where({ id: "a" }).where({ id: "b" }), { tenant }),
    work: [0, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "`all` with `distinct` (2 values)",
    run: (repo, tenant) => repo.all(from(Review).distinct("productId"), { tenant }),
    work: [2, 3, 2, 0, 0, 4, 0],
  },
  {
    name: "`all` by an item of a list (2 rows)",
    before: (repo, tenant) =>
      repo.insertAll(
        Sale,
        [1, 2].map((n) => ({ id: `t${n}`, shop: "s2", cents: n, tags: ["new", `n${n}`] })),
        { tenant },
      ),
    run: (repo, tenant) => repo.all(from(Sale).where({ tags: { has: "new" } }), { tenant }),
    work: [2, 1, 2, 0, 0, 2, 0],
  },
  {
    name: "`all` by a field of an embed (2 rows)",
    run: (repo, tenant) => repo.all(from(Visitor).where({ "address.city": "Oslo" }), { tenant }),
    work: [2, 1, 2, 0, 0, 2, 0],
  },
  {
    name: "`all` on an index (10 rows), `maxKeys: 20`",
    run: (repo, tenant) => repo.allBy(Review, { productId: "p1" }, { tenant, maxKeys: 20 }),
    work: [10, 1, 10, 0, 0, 2, 0],
  },
  {
    name: "`all` on an index (10 rows), `maxKeys: 4`: refused",
    run: (repo, tenant) =>
      expect(repo.allBy(Review, { productId: "p1" }, { tenant, maxKeys: 4 })).rejects.toThrow(
        TooManyKeysError,
      ),
    work: [0, 1, 5, 0, 0, 1, 0],
  },
  {
    name: "`all` with `limit(5, { withTies: true })` on an index where 10 rows tie",
    run: (repo, tenant) =>
      repo.all(from(Review).orderBy("productId").limit(5, { withTies: true }).select("id"), { tenant }),
    work: [0, 2, 15, 0, 0, 2, 0],
  },
  {
    name: "`all`, empty values at the other end of an index's order (20 rows, none empty)",
    run: (repo, tenant) =>
      repo.all(
        from(Review)
          .orderBy({ productId: { nulls: "last" } })
          .select("id"),
        { tenant },
      ),
    work: [0, 2, 20, 0, 0, 1, 0],
  },
  {
    name: "`exists` on an index",
    run: (repo, tenant) => repo.exists(from(Product).where({ name: "Cereal 1" }), { tenant }),
    work: [0, 1, 1, 0, 0, 1, 0],
  },
  {
    name: "`unsafeValidateUnique` on a unique index",
    run: (repo, tenant) =>
      change(build(Author, { id: "new" }), { email: "new@x" }).unsafeValidateUnique("email", repo, {
        tenant,
      }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`count` on an index (10 rows)",
    run: (repo, tenant) => repo.count(from(Review).where({ productId: "p1" }), { tenant }),
    work: [0, 1, 10, 0, 0, 1, 0],
  },
  {
    name: "`count` that a counter holds",
    run: (repo, tenant) => repo.count(from(Session).where({ userId: "u1" }), { tenant }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`count` of a source with a counter by a field (3 values)",
    run: (repo, tenant) => repo.count(Session, { tenant }),
    work: [0, 1, 3, 0, 0, 1, 0],
  },
  {
    name: "`aggregate` min by an index",
    run: (repo, tenant) => repo.aggregate(Product, "min", "name", { tenant }),
    work: [0, 1, 1, 0, 0, 1, 0],
  },
  {
    name: "`aggregate` count of distinct values of an index (2)",
    run: (repo, tenant) => repo.aggregate(Review, "count", "productId", { tenant, distinct: true }),
    work: [0, 3, 2, 0, 0, 3, 0],
  },
  {
    name: "`aggregate` sum that a `sum` holds",
    run: (repo, tenant) => repo.aggregate(from(Sale).where({ shop: "s1" }), "sum", "cents", { tenant }),
    before: (repo, tenant) => repo.count(Sale, { tenant }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`aggregate` sum without one (20 rows)",
    run: (repo, tenant) => repo.aggregate(Product, "sum", "stock", { tenant }),
    work: [0, 1, 20, 0, 0, 1, 0],
  },
  {
    name: "`countBy` of a counter (3 values)",
    run: (repo, tenant) => repo.countBy(Session, "userId", { tenant }),
    work: [0, 1, 3, 0, 0, 1, 0],
  },
  {
    name: "`countBy` of one value of a counter",
    run: (repo, tenant) => repo.countBy(from(Session).where({ userId: "u1" }), "userId", { tenant }),
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`countBy` on an index (20 entries)",
    run: (repo, tenant) => repo.countBy(Review, "productId", { tenant }),
    work: [0, 1, 20, 0, 0, 1, 0],
  },
  {
    name: "`page` of 5 rows on an index",
    run: (repo, tenant) => repo.page(from(Product).orderBy("name"), { limit: 5, tenant }),
    work: [6, 1, 6, 0, 0, 2, 0],
  },
  {
    name: "`stream` of 20 rows, 10 a batch",
    run: (repo, tenant) => drain(repo.stream(Product, { tenant, batch: 10 })),
    work: [0, 2, 21, 0, 0, 2, 0],
  },
  { name: "`reload`", run: (repo) => repo.reload(prepared.p1!), work: [1, 0, 0, 0, 0, 1, 0] },
  {
    name: "`preload` of 2 products' 20 reviews",
    run: (repo) => repo.preload([prepared.p1!, prepared.p2!], "reviews"),
    work: [20, 2, 20, 0, 0, 2, 0],
  },
  {
    name: "`preload` of 2 products' reviews by a query, an order of the index and `limit(3)`",
    run: (repo) =>
      repo.preload([prepared.p1!, prepared.p2!], {
        reviews: from(Review).orderBy({ insertedAt: "desc" }).limit(3),
      }),
    work: [6, 2, 6, 0, 0, 2, 0],
  },
  {
    name: "`preload` of 100 baskets' items by a query and `limit(3)` (5 each)",
    before: async (repo, tenant) => {
      const items = Array.from({ length: 5 }, () => ({}));
      const many = Array.from({ length: 100 }, (_, i) => ({ id: `full ${i}`, items }));
      ({ records: full } = await repo.insertAll(Basket, many, { tenant }));
    },
    run: (repo) => repo.preload(full, { items: from(Item).limit(3) }, { force: true }),
    work: [300, 100, 300, 0, 0, 2, 0],
  },
  {
    name: "`preload` of what is loaded",
    run: async (repo) => repo.preload(await relisted, "joined"),
    before: async (repo) => {
      relisted = repo.preload(baskets[1]!, "joined");
      await relisted;
    },
    work: [0, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "`preload` of a product's reviews and their 10 authors",
    run: (repo) => repo.preload(prepared.p1!, "reviews.author"),
    work: [20, 1, 10, 0, 0, 3, 0],
  },
  {
    name: "`preload` through 2 baskets' 20 items to their 10 notes",
    run: (repo) => repo.preload(baskets.slice(0, 2), "notes"),
    work: [30, 2, 20, 0, 0, 3, 0],
  },
  {
    name: "`preload` of 2 baskets' 10 notes, many to many",
    run: (repo) => repo.preload(baskets.slice(0, 2), "joined"),
    work: [10, 2, 20, 0, 0, 2, 0],
  },
  {
    name: "`Promise.all` of 3 reads in a transaction",
    run: (repo, tenant) =>
      repo.transactional(tenant, () =>
        Promise.all([repo.get(Product, "p1"), repo.get(Product, "p2"), repo.get(Note, "n1")]),
      ),
    work: [3, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`insert`, no index",
    run: (repo, tenant) => repo.insert(Note, { id: "new" }, { tenant }),
    work: [1, 0, 0, 1, 0, 1, 1],
  },
  {
    name: "`insert`, 1 index and metadata",
    run: (repo, tenant) => repo.insert(Product, { id: "new", name: "New" }, { tenant }),
    work: [1, 0, 0, 4, 0, 1, 1],
  },
  {
    name: "`insert`, 1 index, metadata and metadata by a field",
    run: (repo, tenant) => repo.insert(Review, { productId: "p9" }, { tenant }),
    work: [1, 0, 0, 5, 0, 1, 1],
  },
  {
    name: "`insert`, a sum by a field",
    run: (repo, tenant) => repo.insert(Sale, { id: "one", shop: "s1", cents: 250 }, { tenant }),
    before: (repo, tenant) => repo.count(Sale, { tenant }),
    work: [1, 0, 0, 2, 0, 1, 1],
  },
  {
    name: "`insert`, a sum by a field and 3 items of an indexed list",
    run: (repo, tenant) =>
      repo.insert(Sale, { id: "three", shop: "s1", cents: 5, tags: ["a", "b", "c"] }, { tenant }),
    work: [1, 0, 0, 5, 0, 1, 1],
  },
  {
    name: "`update` of an indexed list that gains an item and loses one",
    run: async (repo, tenant) =>
      repo.update(change(await saleThree(repo, tenant), { tags: ["b", "c", "d"] }), { tenant }),
    work: [2, 0, 0, 3, 0, 2, 1],
  },
  {
    name: "`update` of a field that a sum adds up",
    run: async (repo, tenant) => repo.update(change(await saleThree(repo, tenant), { cents: 7 }), { tenant }),
    work: [2, 0, 0, 2, 0, 2, 1],
  },
  {
    name: "`insert`, an index on a field of an embed",
    run: (repo, tenant) =>
      repo.insert(Visitor, { id: "new", address: { city: "Rome" } as never }, { tenant }),
    work: [1, 0, 0, 2, 0, 1, 1],
  },
  {
    name: "`insert`, 1 index and a counter",
    run: (repo, tenant) => repo.insert(Session, { userId: "u1", id: "new", data: "x" }, { tenant }),
    work: [1, 0, 0, 3, 0, 1, 1],
  },
  {
    name: "`insert`, 1 unique index",
    run: (repo, tenant) => repo.insert(Author, { email: "new" }, { tenant }),
    work: [2, 0, 0, 2, 0, 2, 1],
  },
  {
    name: "`insert` with `conflictTarget: []`",
    run: (repo, tenant) => repo.insert(Note, { id: "blind" }, { tenant, conflictTarget: [] }),
    work: [0, 0, 0, 1, 1, 0, 1],
  },
  {
    name: "`insert` with a versionstamp key, 1 index",
    run: (repo, tenant) => repo.insert(Job, { author: "a" }, { tenant }),
    work: [0, 0, 0, 2, 0, 0, 1],
  },
  {
    name: "`insert` of a record of 3 chunks",
    run: (repo, tenant) => repo.insert(Note, { id: "big 2", text: big }, { tenant }),
    work: [1, 0, 0, 4, 0, 1, 1],
  },
  {
    name: '`insert` over a record, `onConflict: "replaceAll"`',
    run: (repo, tenant) => repo.insert(Note, { id: "n1", text: "b" }, { tenant, onConflict: "replaceAll" }),
    work: [2, 0, 0, 1, 0, 2, 1],
  },
  {
    name: '`insert` with `conflictTarget: ["email"]`, nobody holds the value',
    run: (repo, tenant) =>
      repo.insert(
        Author,
        { email: "newer" },
        { tenant, onConflict: "replaceAll", conflictTarget: ["email"] },
      ),
    work: [3, 0, 0, 2, 0, 3, 1],
  },
  {
    name: '`insert` with `conflictTarget: ["email"]` over the record that holds it',
    run: async (repo, tenant) =>
      repo.insert(Author, { email: "a1" }, { tenant, onConflict: "nothing", conflictTarget: ["email"] }),
    work: [2, 0, 0, 0, 0, 2, 0],
  },
  {
    name: "`deleteIfExists` of a record that is gone",
    run: async (repo, tenant) => {
      const gone = build(Note, { id: "gone" });
      return repo.deleteIfExists(gone, { tenant });
    },
    work: [1, 0, 0, 0, 0, 1, 0],
  },
  {
    name: "`insertAll` of 10 rows, no index",
    run: (repo, tenant) =>
      repo.insertAll(
        Note,
        Array.from({ length: 10 }, (_, i) => ({ id: `all ${i}` })),
        { tenant },
      ),
    work: [10, 0, 0, 10, 0, 1, 1],
  },
  {
    name: "`update` of a field without an index",
    run: (repo) => repo.update(Product.changeset(prepared.p1!, { stock: 5 })),
    work: [1, 0, 0, 3, 0, 1, 1],
  },
  {
    name: "`update` of an indexed field",
    run: (repo) => repo.update(Product.changeset(prepared.p2!, { name: "Other" })),
    work: [1, 0, 0, 5, 0, 1, 1],
  },
  {
    name: "`update` without changes",
    run: (repo) => repo.update(Product.changeset(prepared.p1!, {})),
    work: [0, 0, 0, 0, 0, 0, 0],
  },
  {
    name: "`update` without changes, `force`",
    run: (repo) => repo.update(change(prepared.p1!), { force: true }),
    work: [1, 0, 0, 3, 0, 1, 1],
  },
  {
    name: "`insert` over a record, `onConflict` a function",
    run: (repo, tenant) =>
      repo.insert(
        Note,
        { id: "merged", text: "b" },
        { tenant, onConflict: (stored, given) => ({ text: `${stored.text} ${given.text}` }) },
      ),
    before: (repo, tenant) => repo.insert(Note, { id: "merged", text: "a" }, { tenant }),
    work: [2, 0, 0, 1, 0, 2, 1],
  },
  {
    name: "`insert` over no record, `onConflict` a function",
    run: (repo, tenant) =>
      repo.insert(Note, { id: "unmerged" }, { tenant, onConflict: (stored) => ({ text: stored.text }) }),
    work: [1, 0, 0, 1, 0, 1, 1],
  },
  {
    name: "`update` by `castAssoc` of 1 related record, whose owner has `@UpdatedAt`",
    before: async (repo, tenant) => {
      await repo.insertAll(Review, [{ productId: "p3" }, { productId: "p3" }], { tenant });
      reviewed = await repo.preload(prepared.p3!, "reviews");
    },
    run: (repo) => repo.update(rated(1)),
    work: [2, 0, 0, 7, 0, 2, 1],
  },
  {
    name: "`update` by `castAssoc` of 1 related record, `touchParent: false`",
    before: async (repo) => {
      reviewed = await repo.preload(prepared.p3!, "reviews");
    },
    run: (repo) => repo.update(rated(2, false)),
    work: [1, 0, 0, 4, 0, 1, 1],
  },
  {
    name: "`delete`, 1 index and metadata",
    run: (repo) => repo.delete(prepared.p4!),
    work: [1, 0, 0, 4, 0, 1, 1],
  },
  {
    name: '`delete` with `onDelete: "deleteAll"` of 10 children, 1 index each',
    run: (repo) => repo.delete(baskets[0]!),
    work: [11, 2, 10, 21, 0, 3, 1],
  },
  {
    name: '`delete` with `onDelete: "nilifyAll"` of 10 children, 1 index each',
    run: (repo) => repo.delete(baskets[2]!),
    work: [11, 2, 10, 31, 0, 3, 1],
  },
  {
    name: "`delete` with 2 relations that have `onDelete`, and no children",
    run: (repo) => repo.delete(baskets[3]!),
    work: [1, 2, 0, 1, 0, 2, 1],
  },
  {
    name: "`deleteAll` of 2 records with `onDelete` of 10 children",
    run: (repo, tenant) => repo.deleteAll(from(Basket).where({ id: { in: ["b4", "b5"] } }), { tenant }),
    work: [12, 4, 10, 22, 0, 4, 1],
  },
  {
    name: "`update` that puts one record into a many-to-many list of 10 and takes one out",
    run: async (repo, tenant) => {
      const notes = (await relisted).joined;
      const next = build(Note, { id: "joined" });
      return repo.update(change(await relisted).putAssoc("joined", [...notes.slice(1), next]), { tenant });
    },
    before: async (repo) => {
      relisted = repo.preload(baskets[1]!, "joined");
      await relisted;
    },
    work: [3, 1, 10, 5, 0, 4, 1],
  },
  {
    name: "`delete` of a record of 3 chunks",
    run: async (repo, tenant) => repo.delete((await repo.get(Note, "big 3", { tenant }))!),
    before: (repo, tenant) => repo.insert(Note, { id: "big 3", text: big }, { tenant }),
    work: [2, 6, 6, 1, 1, 8, 1],
  },
  {
    name: "`updateAll` of 10 rows by an index",
    run: (repo, tenant) => repo.updateAll(from(Review).where({ productId: "p1" }), { score: 1 }, { tenant }),
    work: [10, 1, 10, 22, 0, 2, 1],
  },
  {
    name: "`updateAll` of 10 rows by an index, with `inc`",
    run: (repo, tenant) =>
      repo.updateAll(from(Review).where({ productId: "p1" }), { inc: { score: 1 } }, { tenant }),
    work: [10, 1, 10, 22, 0, 2, 1],
  },
  {
    name: "`updateAll` of 10 rows by the key, with `inc`",
    run: (repo, tenant) =>
      repo.updateAll(from(Stock).where({ id: { gte: "1990" } }), { inc: { count: 1 } }, { tenant }),
    work: [0, 1, 10, 20, 0, 1, 1],
  },
  {
    name: "`updateAll` of 1,000 rows by an index that holds them, with `inc`",
    run: (repo, tenant) =>
      repo.updateAll(from(Stock).where({ shelf: "s" }), { inc: { count: 1 } }, { tenant }),
    work: [0, 2, 1_000, 2_000, 0, 2, 1],
  },
  {
    name: "`all`, 10 rows by an index that holds them",
    run: (repo, tenant) => repo.all(from(Stock).where({ shelf: "s" }).limit(10), { tenant }),
    work: [0, 1, 10, 0, 0, 1, 0],
  },
  {
    name: "`updateAll` of 2 rows by an item of their lists, with `push`",
    run: (repo, tenant) =>
      repo.updateAll(from(Sale).where({ tags: { has: "new" } }), { push: { tags: "sold" } }, { tenant }),
    work: [2, 1, 2, 4, 0, 2, 1],
  },
  {
    name: "`updateAll` of 10 rows by an index, with a function",
    run: (repo, tenant) =>
      repo.updateAll(from(Review).where({ productId: "p1" }), ({ score }) => ({ score: score! + 1 }), {
        tenant,
      }),
    work: [10, 1, 10, 22, 0, 2, 1],
  },
  {
    name: "`insertAll` of 10 rows of a query, no index",
    run: (repo, tenant) =>
      repo.insertAll(Note, from(Review).where({ productId: "p1" }), ({ id }) => ({ id }), { tenant }),
    work: [20, 1, 10, 10, 0, 3, 1],
  },
  {
    name: "`deleteAll` of 10 rows by an index",
    run: (repo, tenant) => repo.deleteAll(from(Review).where({ productId: "p2" }), { tenant }),
    work: [10, 1, 10, 32, 0, 2, 1],
  },
  {
    name: "`keys.get`, `keys.set` and `keys.atomic`",
    run: (repo, tenant) =>
      repo.transactional(tenant, async (tx) => {
        await tx.keys.get(["one"]);
        tx.keys.set(["two"], new Uint8Array(1));
        tx.keys.atomic("add", ["three"], new Uint8Array(8));
      }),
    work: [1, 0, 0, 2, 0, 1, 1],
  },
  {
    name: "`keys.clear` of a key and of a range",
    run: (repo, tenant) =>
      repo.transactional(tenant, (tx) => {
        tx.keys.clear(["two"]);
        tx.keys.clear(tenant.range(["many"]));
      }),
    work: [0, 0, 0, 1, 1, 0, 1],
  },
  {
    name: "`job` of 1 batch of 5 inserts",
    run: (repo, tenant) => repo.job(tenant, "one", inserting("one", 1)),
    work: [13, 0, 0, 11, 0, 8, 4],
  },
  {
    name: "`job` of 2 batches of 5 inserts",
    run: (repo, tenant) => repo.job(tenant, "two", inserting("two", 2)),
    work: [20, 0, 0, 18, 0, 11, 5],
  },
  {
    name: "`job` that is done",
    run: (repo, tenant) => repo.job(tenant, "two", inserting("two", 2)),
    work: [3, 0, 0, 0, 0, 2, 0],
  },
  {
    name: "`keys.range` of 3 keys",
    run: (repo, tenant) => repo.transactional(tenant, (tx) => tx.keys.range(["list"])),
    before: (repo, tenant) =>
      repo.transactional(tenant, (tx) => {
        for (const n of [1, 2, 3]) tx.keys.set(["list", n], new Uint8Array(1));
      }),
    work: [0, 1, 3, 0, 0, 1, 0],
  },
  {
    name: "read, change, write in a transaction",
    run: (repo, tenant) =>
      repo.transactional(tenant, async () =>
        repo.update(change(await product(repo, tenant, "p5"), { stock: 1 })),
      ),
    work: [2, 0, 0, 3, 0, 2, 1],
  },
  {
    name: "`transactional` with `exactlyOnce`, one insert",
    run: (repo, tenant) =>
      repo.transactional(tenant, () => repo.insert(Note, { id: "once" }), { exactlyOnce: true }),
    work: [1, 0, 0, 2, 0, 1, 1],
  },
];

async function drain(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

describe("the work of each operation", () => {
  let engine: Engine;
  let counted: ReturnType<typeof countWork>;
  let repo: Repo;
  let tenant: Tenant;
  const measured = new Map<string, Work>();

  beforeAll(async () => {
    engine = await openEngine("memory:");
    counted = countWork(engine);
    ({ repo, tenant } = await openShop({ engine: counted.engine }));
    await repo.insertAll(
      Product,
      Array.from({ length: 20 }, (_, i) => ({ id: `p${i}`, name: `Cereal ${i}` })),
      { tenant },
    );
    await repo.insertAll(
      Author,
      Array.from({ length: 10 }, (_, i) => ({ id: `a${i}`, email: `a${i}` })),
      { tenant },
    );
    for (const productId of ["p1", "p2"]) {
      await repo.insertAll(
        Review,
        Array.from({ length: 10 }, (_, i) => ({ productId, authorId: `a${i}` })),
        { tenant },
      );
    }
    await repo.insertAll(Note, [{ id: "n1" }, { id: "big", text: big }], { tenant });
    await repo.insert(Job, { author: "first" }, { tenant });
    const sessions = Array.from({ length: 9 }, (_, i) => ({ userId: `u${i % 3}`, id: `s${i}` }));
    await repo.insertAll(Session, sessions, { tenant });
    const notes = Array.from({ length: 10 }, (_, i) => ({ id: `note ${i}` }));
    await repo.insertAll(Note, notes, { tenant });
    const items = () => notes.map(({ id }) => ({ noteId: id }));
    const coupons = notes.map(() => ({}));
    ({ records: baskets } = await repo.insertAll(
      Basket,
      [
        { id: "b0", items: items() },
        { id: "b1", items: items() },
        { id: "b2", coupons },
        { id: "b3" },
        { id: "b4", items: items().slice(0, 5) },
        { id: "b5", items: items().slice(0, 5) },
      ],
      { tenant },
    ));
    const seats = [1, 2, 3, 4].map((n) => ({ hall: "red", number: n }));
    await repo.insertAll(Seat, [...seats, { hall: "blue", number: 1 }], { tenant });
    const stock = Array.from({ length: 1_000 }, (_, i) => ({ id: `${1_000 + i}`, shelf: "s", count: i }));
    await repo.insertAll(Stock, stock, { tenant });
    const visitors = ["Oslo", "Bergen", "Oslo"].map((city, n) => ({
      id: `v${n}`,
      address: { city } as never,
    }));
    await repo.insertAll(Visitor, visitors, { tenant });
    const ids = ["p1", "p2", "p3", "p4", "p5"];
    prepared = Object.fromEntries(
      await Promise.all(ids.map(async (id) => [id, await product(repo, tenant, id)])),
    );
  });
  afterAll(() => engine.close());

  test.each(lines)("$name", async ({ name, run, work, before }) => {
    await before?.(repo, tenant);
    const counts = await counted.measure(() => run(repo, tenant));
    // Where answers overtake each other, what follows from one may be asked for before another has come.
    const fewer = overtaking && counts.trips < work[5];
    const done = fewer ? { ...counts, trips: work[5] } : counts;
    measured.set(name, done);
    const { pointReads, rangeReads, keys, writes, rangeClears, commits } = done;
    // Where answers overtake each other, what follows from the first goes out before the last is there.
    const trips = overtaking ? Math.max(done.trips, work[5]) : done.trips;
    expect([pointReads, rangeReads, keys, writes, rangeClears, trips, commits]).toEqual(work);
  });

  test("docs/operations.md shows this table", () => {
    const file = new URL("../../docs/operations.md", import.meta.url);
    const rows = lines.map(({ name, work }) => `| ${[name, ...work].join(" | ")} |`);
    const table = [
      "| operation | point reads | range reads | keys in ranges | writes | range clears | round trips | commits |",
      "| --- | --- | --- | --- | --- | --- | --- | --- |",
      ...rows,
    ].join("\n");
    const [begin, end] = ["<!-- table: begin -->\n", "\n<!-- table: end -->"];
    const text = readFileSync(file, "utf8");
    const updated = text.slice(0, text.indexOf(begin) + begin.length) + table + text.slice(text.indexOf(end));
    if (process.env.PLINTH_WRITE_DOCS === "1") writeFileSync(file, updated);
    else expect(text).toBe(updated);
  });
});
