import { Hono } from "hono";
import { from } from "plinth";
import { Product } from "../product.js";
import type { Shop } from "../shop.js";

/** `/healthz`: 200 while the store answers a read, else 503. */
export function healthRoutes({ repo, tenant }: Shop): Hono {
  return new Hono().get("/healthz", async (c) => {
    c.header("Cache-Control", "no-store");
    try {
      await repo.all(from(Product).select("id").limit(1), { tenant });
      return c.json({ status: "ok" });
    } catch (error) {
      console.error(error);
      return c.json({ status: "the store does not answer" }, 503);
    }
  });
}
