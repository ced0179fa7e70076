import {
  type BatchChange,
  type Change,
  from,
  type Subscription,
  type Sync,
  type Tenant,
  type Transition,
} from "../../lib/index.js";
import { Product } from "../../samples/catalog/product.js";
import { Review } from "../../samples/catalog/review.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

declare const sync: Sync;
declare const tenant: Tenant;

const queries = {
  catalog: sync.all(from(Product).orderBy("name")),
  ids: sync.all(from(Product).select("id"), { on: "collection" }),
  some: sync.all(from(Product).select(["id", "name"])),
  plain: sync.all(Product),
  product: sync.one(Product, "p1"),
  reviews: sync.allBy(from(Review).orderBy({ insertedAt: "desc" }), { productId: "p1" }),
  many: sync.many(Product, ["p1"]),
  each: sync.each(sync.all(from(Product).select("id")), (id) => sync.one(Product, id)),
  nested: sync.each(sync.all(from(Product).select("id")), (productId) => sync.allBy(Review, { productId })),
  count: sync.count(from(Product)),
  signal: sync.signal(Product, "inserts"),
};

export async function values(): Promise<void> {
  const sub = await sync.subscribe(tenant, queries);
  const { value } = sub;
  same<Equal<typeof value.catalog, readonly Product[]>>();
  same<Equal<typeof value.ids, readonly string[]>>();
  same<Equal<(typeof value.some)[number], { readonly id: string; readonly name: string }>>();
  same<Equal<typeof value.plain, readonly Product[]>>();
  same<Equal<typeof value.product, Product | null>>();
  same<Equal<typeof value.reviews, readonly Review[]>>();
  same<Equal<typeof value.many, readonly Product[]>>();
  same<Equal<typeof value.each, readonly Product[]>>();
  same<Equal<typeof value.nested, readonly (readonly Review[])[]>>();
  same<Equal<typeof value.count, number>>();
  same<Equal<typeof sub.version, bigint>>();
  // @ts-expect-error an unknown label
  value.nope;
  // @ts-expect-error values are read-only
  value.count = 1;
}

export async function events(sub: Subscription<typeof queries>): Promise<void> {
  sub.on("change:product", (changes, transition) => {
    same<Equal<typeof changes, readonly Change<Product>[]>>();
    same<Equal<typeof transition.type, "change">>();
  });
  // @ts-expect-error an unknown label
  sub.on("change:nope", () => {});
  // @ts-expect-error a wrong type of change
  sub.on("change:product", (changes: readonly Change<Review>[]) => changes);
  // @ts-expect-error an unknown event
  sub.on("changes", () => {});
  for await (const transition of sub) {
    if (transition.type !== "change") continue;
    const changes = transition.changes.reviews ?? [];
    same<Equal<(typeof changes)[number], Change<Review>>>();
    const previous: readonly Review[] | undefined = transition.previous.reviews;
    void previous;
    // @ts-expect-error an unknown label
    transition.changes.nope;
    // @ts-expect-error reviews are not products
    const wrong: readonly Change<Product>[] = transition.changes.reviews ?? [];
    void wrong;
  }
}

function unreachable(value: never): never {
  throw new Error(String(value));
}

/** Every case is handled, so what is left is never. */
export function name(transition: Transition<typeof queries>): string {
  switch (transition.type) {
    case "snapshot":
      return transition.reason;
    case "change":
      return Object.keys(transition.changes).join();
    case "progress":
      return transition.cursor;
    case "status":
      return transition.state;
    default:
      return unreachable(transition);
  }
}

export function missing(change: Change<Product>): string {
  switch (change.op) {
    case "insert":
      return change.row.id;
    case "update":
      return change.changed.join();
    default:
      // @ts-expect-error "delete" is not handled
      return unreachable(change);
  }
}

/** What nobody kept of a row is named by its fields. */
export function unknown(change: Change<Product>, batch: BatchChange<Product>): void {
  if (change.op === "insert") return;
  same<Equal<typeof change.unknown, readonly (keyof Product)[] | undefined>>();
  const names: readonly (keyof Product)[] = batch.unknown ?? [];
  void names;
}

export async function changing(sub: Subscription<typeof queries>): Promise<void> {
  await sub.set("product", sync.one(Product, "p2"));
  // @ts-expect-error an unknown label
  await sub.set("nope", sync.one(Product, "p2"));
  // @ts-expect-error another type of value
  await sub.set("product", sync.one(Review, "r1"));
  const more = await sub.add({ review: sync.one(Review, "r1") });
  same<Equal<typeof more.value.review, Review | null>>();
  const less = await more.drop("catalog");
  // @ts-expect-error a dropped label
  less.value.catalog;
  // @ts-expect-error an unknown label
  await more.drop("nope");
}

export function building(): void {
  // @ts-expect-error no field of the schema
  sync.allBy(Review, { nope: 1 });
  // @ts-expect-error a value of another type
  sync.allBy(from(Review), { productId: 1 });
  // @ts-expect-error an unknown kind of change
  sync.all(Product, { on: "sometimes" });
  // @ts-expect-error a single value has no ids
  sync.each(sync.one(Product, "p1"), (id) => sync.one(Product, id));
  // @ts-expect-error a query that is not live
  void sync.subscribe(tenant, { list: from(Product) });
}
