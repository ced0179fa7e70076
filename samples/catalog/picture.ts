/** Takes the picture of the pages that the project's README shows: `npm run picture`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { createApp } from "./app.js";
import { listen } from "./server.js";
import { openShop } from "./shop.js";
import { packageRoot } from "./web/assets.js";

const size = { width: 860, height: 660 };
const target = join(packageRoot(), "docs/img/catalog.png");

const shop = await openShop("memory:");
const server = await listen(createApp(shop), 0, "127.0.0.1");
const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
const browser = await chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox"] });
try {
  const address = `http://127.0.0.1:${server.port}`;
  const pages = [await pageAt(browser, `${address}/?id=p1`), await pageAt(browser, `${address}/admin`)];
  await sideBySide(browser, pages);
  console.log(target);
} finally {
  await browser.close();
  await server.close();
  await shop.close();
}

/** A page, once it is live, as a PNG in base64. */
async function pageAt(on: Browser, address: string): Promise<string> {
  const page = await on.newPage({ viewport: size });
  await page.goto(address);
  await page.locator('html[data-state="live"]').waitFor({ state: "attached" });
  return (await page.screenshot()).toString("base64");
}

async function sideBySide(on: Browser, images: readonly string[]): Promise<void> {
  const page = await on.newPage({ viewport: { width: 2 * size.width + 72, height: size.height + 48 } });
  await page.setContent(`<style>
    body { display: flex; gap: 24px; margin: 0; padding: 24px; background: #d9e4e2 }
    img { border-radius: 10px; box-shadow: 0 6px 24px #0003 }
  </style>${images.map((image) => `<img src="data:image/png;base64,${image}">`).join("")}`);
  await page.screenshot({ path: target });
}
