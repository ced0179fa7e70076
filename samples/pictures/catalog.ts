/** The pages of the catalog: the first one, a product, the admin page and the lab; light, dark and on a phone. */
import type { Browser } from "playwright-core";
import { createApp } from "../catalog/app.js";
import { listen } from "../catalog/server.js";
import { openShop } from "../catalog/shop.js";
import { type Look, save, shot } from "./browser.js";

const desk: Look = { width: 860, height: 660 };
const phone: Look = { width: 390, height: 760 };
const [catalog, chosen, admin, lab] = ["/", "/?id=p1", "/admin", "/lab"];

export async function takeCatalog(browser: Browser): Promise<void> {
  const shop = await openShop("memory:");
  const app = createApp(shop);
  const server = await listen(app, 0, "127.0.0.1");
  const at = (path: string, look: Look) =>
    shot(browser, `http://127.0.0.1:${server.port}${path}`, look, async (page) => {
      await page.locator('html[data-state="live"]').waitFor({ state: "attached" });
    });
  const dark = { ...desk, dark: true };
  await save(browser, "docs/img/catalog.png", desk, [await at(chosen, desk), await at(admin, desk)]);
  for (const [name, look] of [
    ["light", desk],
    ["dark", dark],
  ] as const) {
    const images = [await at(catalog, look), await at(chosen, look), await at(admin, look)];
    await save(browser, `samples/catalog/img/${name}.png`, look, images);
  }
  const images = [
    await at(catalog, phone),
    await at(chosen, phone),
    await at(admin, { ...phone, dark: true }),
  ];
  await save(browser, "samples/catalog/img/phone.png", phone, images);
  // With the numbers of a burst; the names that it leaves behind are in no other picture.
  await app.lab.burst();
  await save(browser, "samples/catalog/img/lab.png", desk, [await at(lab, desk), await at(lab, dark)]);
  await server.close();
  await shop.close();
}
