import { once } from "node:events";
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import { createApp } from "./app.js";
import { Item } from "./schemas/item.js";
import { openShops } from "./shops.js";
import { tokenOf } from "./users.js";

const secret = process.env.SHOP_SECRET ?? "for trying it out only";
const port = Number(process.env.PORT ?? 4100);
const shops = openShops(
  process.env.PLINTH_URL ?? "embedded:.plinth/shop",
  { send: async ({ id, to, text }) => console.log(`mail ${id} to ${to}: ${text}`) },
  (error) => console.error("A consumer has ended:", error),
);

const tenant = await shops.open("lantern");
if ((await shops.repo.all(Item, { tenant })).length === 0) {
  await shops.repo.insertAll(
    Item,
    [
      { name: "Harbour Fog Lamp", cents: 8_900, stock: 12 },
      { name: "Quiet Typewriter", cents: 24_000, stock: 3 },
    ],
    { tenant },
  );
}

const server = serve({ fetch: createApp(shops, secret).fetch, port }) as Server;
await once(server, "listening");
const address = `http://localhost:${(server.address() as { port: number }).port}`;
const staff = tokenOf({ id: "mara", shop: "lantern", role: "staff" }, secret);
const customer = tokenOf({ id: "ines", shop: "lantern", role: "customer" }, secret);
console.log(`The board:  ${address}/board#${new URLSearchParams({ shop: "lantern", token: staff })}
A customer: curl -H 'Authorization: Bearer ${customer}' ${address}/lantern/items`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    server.close();
    server.closeAllConnections();
    await shops.close();
    process.exit(0);
  });
}
