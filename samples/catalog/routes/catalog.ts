import { Hono } from "hono";
import { from } from "plinth";
import { serveCatalog } from "../live/catalog-live.js";
import { send } from "../pages/answer.js";
import { type CatalogPage, catalogPage } from "../pages/catalog-view.js";
import { Product } from "../product.js";
import { Review } from "../review.js";
import type { Shop } from "../shop.js";
import { readForm } from "../web/forms.js";
import { RefusedRequest } from "../web/refusal.js";
import type { Tabs } from "../web/tabs.js";

/** `/`, its stream, and the request to show another product on it. */
export function catalogRoutes(shop: Shop, tabs: Tabs): Hono {
  return new Hono()
    .get("/", async (c) => send(c, catalogPage(await readCatalog(shop, c.req.query("id") ?? ""))))
    .get("/live/catalog", (c) => tabs.stream(c, (tab) => serveCatalog(shop, tab, c.req.query("id") ?? "")))
    .post("/live/:tab/choose", async (c) => {
      const { id } = await readForm(c, ["id"]);
      const choose = tabs.get(c.req.param("tab"))?.choose;
      if (choose === undefined)
        throw new RefusedRequest(404, "This page is no longer connected. Load it again.");
      await choose(id);
      return c.body(null, 204);
    });
}

/** Everything the page shows, as of one moment. */
function readCatalog({ repo, tenant }: Shop, id: string): Promise<CatalogPage> {
  return repo.transactional(tenant, async () => {
    const [catalog, product, reviews] = await Promise.all([
      repo.all(from(Product).orderBy("name")),
      repo.get(Product, id),
      repo.all(from(Review).where({ productId: id }).orderBy({ insertedAt: "desc" })),
    ]);
    return { catalog, product, reviews };
  });
}
