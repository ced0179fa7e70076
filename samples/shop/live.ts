import { from, type Sync } from "plinth";
import { type FetchHandler, syncHandler } from "plinth/web";
import { callerOf } from "./routes/request.js";
import { Item } from "./schemas/item.js";
import { Order } from "./schemas/order.js";
import type { Shops } from "./shops.js";
import type { User } from "./users.js";

/** What a page may watch: staff all orders of its shop, a customer his own. The condition is in the query, not in the page. */
export const queriesOf = (sync: Sync, user: User) => ({
  items: sync.all(from(Item).where({ deletedAt: null }).orderBy("name")),
  orders: sync.all(
    user.role === "staff"
      ? from(Order).where({ status: "open" }).orderBy("insertedAt")
      : from(Order).where({ userId: user.id }).orderBy({ insertedAt: "desc" }),
  ),
});

/** For the page: `connect<Live>(…)` of `plinth/client`. */
export type Live = ReturnType<typeof queriesOf>;

/** Answers `/:shop/live`. */
export function liveHandler(shops: Shops, secret: string): FetchHandler {
  return syncHandler(shops.sync, async (request) => {
    const shop = new URL(request.url).pathname.split("/")[1] ?? "";
    const { tenant, user } = await callerOf(shops, secret, request, shop);
    return { tenant, queries: queriesOf(shops.sync, user) };
  });
}
