import { connect, type Plain } from "../../lib/client/index.js";
import { from, type Sync, type Versionstamp } from "../../lib/index.js";
import { Product } from "../../samples/catalog/product.js";
import { Review } from "../../samples/catalog/review.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

declare const sync: Sync;
const queries = {
  products: sync.all(Product),
  ids: sync.all(from(Product).select("id")),
  some: sync.all(from(Product).select(["id", "name"])),
  product: sync.one(Product, "p1"),
  count: sync.count(Product),
  reviews: ({ productId }: { productId: string }) => sync.allBy(Review, { productId }),
  newest: (_: { limit: number }) => sync.count(Review),
};
export type Live = typeof queries;

export async function page(): Promise<void> {
  const live = connect<Live>("/live");
  const { value } = live;
  if (value === undefined) return;
  same<Equal<typeof value.ids, readonly string[]>>();
  same<Equal<typeof value.count, number>>();
  same<Equal<(typeof value.some)[number], { readonly id: string; readonly name: string }>>();
  same<Equal<(typeof value.products)[number]["name"], string>>();
  // Until it is set.
  same<Equal<typeof value.newest, number | undefined>>();
  value.reviews?.[0]?.productId.toUpperCase();
  // @ts-expect-error one product or none
  value.product.name;
  // @ts-expect-error an unknown label
  value.nope;
  // @ts-expect-error a query without parameters
  await live.set("products", {});
  // @ts-expect-error other parameters
  await live.set("reviews", { id: "p1" });
  await live.set("reviews", { productId: "p1" });
  const reviews = live.watch("reviews", { productId: "p2" });
  reviews.value?.reviews?.[0]?.productId.toUpperCase();
  // @ts-expect-error only the label that is watched
  reviews.value?.products;
  live.on("transition", (t) => {
    if (t.type !== "change") return;
    for (const change of t.changes.products ?? []) {
      if (change.op === "update") change.before.name.toUpperCase();
      // @ts-expect-error an insert has no row before
      if (change.op === "insert") change.before;
    }
    t.previous.products?.[0]?.name.toUpperCase();
  });
  live.on("state", (state, reason) => `${state} ${reason?.status}`);
}

same<Equal<Plain<Versionstamp>, string>>();
