/** The board of the shop: its orders, light, dark and on a phone, and what it asks somebody without a link. */
import { serve } from "@hono/node-server";
import type { Browser, Page } from "playwright-core";
import { createApp } from "../shop/app.js";
import { placeOrder } from "../shop/routes/place-order.js";
import { Item } from "../shop/schemas/item.js";
import { openShops } from "../shop/shops.js";
import { tokenOf } from "../shop/users.js";
import { type Look, save, shot } from "./browser.js";

const secret = "of the picture";
const desk: Look = { width: 760, height: 460 };
const phone: Look = { width: 390, height: 640 };

export async function takeShop(browser: Browser): Promise<void> {
  const shops = openShops("memory:", { send: async () => {} }, console.error);
  const tenant = await shops.open("lantern");
  const items = await Promise.all(
    [
      { name: "Harbour Fog Lamp", cents: 8_900, stock: 12 },
      { name: "Quiet Typewriter", cents: 24_000, stock: 3 },
    ].map((item) => shops.repo.insert(Item, item, { tenant })),
  );
  for (const [id, quantity] of [
    ["ines", 2],
    ["okoro", 1],
    ["yuki", 1],
  ] as const) {
    const user = { id, shop: "lantern", role: "customer" } as const;
    const body = { itemId: items[id === "okoro" ? 1 : 0]!.id, quantity };
    await placeOrder(shops.repo, { tenant, user }, body, undefined);
  }
  const server = serve({ fetch: createApp(shops, secret).fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = `http://127.0.0.1:${(server.address() as { port: number }).port}/board`;
  const token = tokenOf({ id: "mara", shop: "lantern", role: "staff" }, secret);
  const link = `${address}#${new URLSearchParams({ shop: "lantern", token })}`;
  const orders = (page: Page) => page.locator(".order").first().waitFor();
  const question = (page: Page) => page.getByRole("button", { name: "Show the board" }).waitFor();
  const dark = { ...desk, dark: true };
  await save(browser, "samples/shop/img/board.png", desk, [
    await shot(browser, link, desk, orders),
    await shot(browser, link, dark, orders),
  ]);
  await save(browser, "samples/shop/img/phone.png", phone, [
    await shot(browser, address, phone, question),
    await shot(browser, link, phone, orders),
    await shot(browser, link, { ...phone, dark: true }, orders),
  ]);
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await shops.close();
}
