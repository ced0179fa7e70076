import { from } from "plinth";
import { card, cardId, cardList } from "../pages/admin-view.js";
import { Product } from "../product.js";
import type { Shop } from "../shop.js";
import type { Tab } from "../web/tabs.js";

/**
 * Keeps an admin page up to date by dependent syncing: the list of ids is one live query, each product is its own.
 *
 * A saved product is one update of one row, so one card is sent; the list of ids does not even wake up.
 */
export async function serveAdmin({ sync, tenant }: Shop, tab: Tab): Promise<void> {
  const admin = await sync.subscribe(
    tenant,
    {
      products: sync.each(
        sync.all(from(Product).orderBy({ insertedAt: "desc" }).select("id"), { on: "collection" }),
        (id) => sync.one(Product, id),
      ),
    },
    { signal: tab.signal },
  );
  for await (const transition of admin) {
    const products: readonly Product[] = admin.value.products;
    if (transition.type === "snapshot") await tab.patch(cardList(products));
    if (transition.type !== "change") continue;
    const inserted = new Set<string>();
    for (const change of transition.changes.products ?? []) {
      if (change.op === "insert") inserted.add(change.row.id);
      if (change.op === "update") await tab.patch(card(change.row));
      if (change.op === "delete") await tab.remove(cardId(change.before.id));
    }
    // From the front to the back, so that the card before a new one is always there already.
    for (const [at, product] of products.entries()) {
      if (!inserted.has(product.id)) continue;
      const before = products[at - 1];
      await tab.insert("cards", before === undefined ? null : cardId(before.id), card(product));
    }
    await tab.rest();
  }
}
