/** Takes the pictures of the samples' pages that the READMEs show: `npm run picture`. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { serve } from "@hono/node-server";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { createApp as createShopApp } from "../shop/app.js";
import { placeOrder } from "../shop/routes/place-order.js";
import { Item } from "../shop/schemas/item.js";
import { openShops } from "../shop/shops.js";
import { tokenOf } from "../shop/users.js";
import { createApp } from "./app.js";
import { listen } from "./server.js";
import { openShop } from "./shop.js";
import { packageRoot } from "./web/assets.js";

interface Look {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
}

const desk: Look = { width: 860, height: 660 };
const phone: Look = { width: 390, height: 760 };
const [catalog, chosen, admin] = ["/", "/?id=p1", "/admin"];

const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox"] });
try {
  await takeCatalog();
  await takeBoard();
} finally {
  await browser.close();
}

async function takeCatalog(): Promise<void> {
  const shop = await openShop("memory:");
  const server = await listen(createApp(shop), 0, "127.0.0.1");
  const at = (path: string, look: Look) =>
    shot(browser, `http://127.0.0.1:${server.port}${path}`, look, async (page) => {
      await page.locator('html[data-state="live"]').waitFor({ state: "attached" });
    });
  const dark = { ...desk, dark: true };
  await save("docs/img/catalog.png", desk, [await at(chosen, desk), await at(admin, desk)]);
  for (const [name, look] of [
    ["light", desk],
    ["dark", dark],
  ] as const) {
    const images = [await at(catalog, look), await at(chosen, look), await at(admin, look)];
    await save(`samples/catalog/img/${name}.png`, look, images);
  }
  const images = [
    await at(catalog, phone),
    await at(chosen, phone),
    await at(admin, { ...phone, dark: true }),
  ];
  await save("samples/catalog/img/phone.png", phone, images);
  await server.close();
  await shop.close();
}

async function takeBoard(): Promise<void> {
  const secret = "of the picture";
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
  const server = serve({ fetch: createShopApp(shops, secret).fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const token = tokenOf({ id: "mara", shop: "lantern", role: "staff" }, secret);
  const address = `http://127.0.0.1:${port}/board#${new URLSearchParams({ shop: "lantern", token })}`;
  const low = { width: 760, height: 460 };
  const board = (look: Look) =>
    shot(browser, address, look, async (page) => {
      await page.locator(".order").first().waitFor();
    });
  await save("samples/shop/img/board.png", low, [await board(low), await board({ ...low, dark: true })]);
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await shops.close();
}

/** A page, once it is ready, as a PNG in base64. */
async function shot(
  on: Browser,
  address: string,
  look: Look,
  ready: (page: Page) => Promise<void>,
): Promise<string> {
  const { width, height, dark = false } = look;
  const options: BrowserContextOptions = {
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
  };
  const context = await on.newContext(options);
  const page = await context.newPage();
  await page.goto(address);
  await ready(page);
  const image = await page.screenshot();
  await context.close();
  return image.toString("base64");
}

/** Puts images beside each other. */
async function save(
  path: string,
  { width, height, dark = false }: Look,
  images: readonly string[],
): Promise<void> {
  const target = join(packageRoot(), path);
  mkdirSync(dirname(target), { recursive: true });
  const viewport = { width: images.length * (width + 24) + 24, height: height + 48 };
  const page = await browser.newPage({ viewport });
  await page.setContent(`<style>
    body { display: flex; gap: 24px; margin: 0; padding: 24px; background: ${dark ? "#0b0f0e" : "#d9e4e2"} }
    img { border-radius: 10px; box-shadow: 0 6px 24px #0003 }
  </style>${images.map((image) => `<img src="data:image/png;base64,${image}">`).join("")}`);
  await page.screenshot({ path: target });
  await page.close();
  console.log(target);
}
