import { from, type Live, type Sync, type Transition } from "plinth";
import {
  type CatalogPage,
  catalogNav,
  catalogTitle,
  productCard,
  reviewList,
} from "../pages/catalog-view.js";
import { Product } from "../product.js";
import { Review } from "../review.js";
import type { Shop } from "../shop.js";
import { type Html, html } from "../web/html.js";
import type { Tab } from "../web/tabs.js";

/** Which elements show a label of the subscription; without a chosen product, its place has a card for each. */
const views: Record<keyof CatalogPage, readonly ((page: CatalogPage) => Html)[]> = {
  catalog: [catalogNav, allCards],
  product: [catalogNav, catalogTitle, productCard, reviewList],
  reviews: [reviewList],
};

function allCards(page: CatalogPage): Html {
  return page.product === null ? productCard(page) : html``;
}

const oneProduct = (sync: Sync, id: string) => sync.one(Product, id);
const reviewsOf = (sync: Sync, id: string) =>
  sync.allBy(from(Review).orderBy({ insertedAt: "desc" }), { productId: id });

/**
 * Keeps a catalog page up to date: one subscription whose labels move together.
 *
 * Choosing another product changes two of its parameters; the list of products goes on undisturbed. An id without a
 * product, such as the empty one, shows none, until a product with that id appears.
 */
export async function serveCatalog({ sync, tenant }: Shop, tab: Tab, chosen: string): Promise<void> {
  const page = await sync.subscribe(
    tenant,
    {
      catalog: sync.all(from(Product).orderBy("name")),
      product: oneProduct(sync, chosen),
      reviews: reviewsOf(sync, chosen),
    },
    { signal: tab.signal },
  );
  const show = (labels: readonly (keyof CatalogPage)[]) => {
    const elements = new Set(labels.flatMap((label) => views[label]));
    return tab.patch(html`${[...elements].map((element) => element(page.value))}`);
  };

  // While two parameters change, one after the other, a product must not stand above another one's reviews.
  let choosing = 0;
  tab.choose = async (id) => {
    choosing++;
    try {
      await Promise.all([
        page.set("product", oneProduct(sync, id)),
        page.set("reviews", reviewsOf(sync, id)),
      ]);
    } finally {
      choosing--;
    }
    if (choosing === 0) await show(["product", "reviews"]);
  };

  for await (const transition of page) {
    const labels = labelsOf(transition).filter((label) => label === "catalog" || choosing === 0);
    if (labels.length === 0) continue;
    await show(labels);
    await tab.rest();
  }
}

/** The labels that a transition moved. */
function labelsOf(
  transition: Transition<Record<keyof CatalogPage, Live<unknown>>>,
): readonly (keyof CatalogPage)[] {
  if (transition.type === "snapshot") return transition.labels;
  return transition.type === "change" ? (Object.keys(transition.changes) as (keyof CatalogPage)[]) : [];
}
