/** Takes the pictures that the READMEs show, of every sample: `npm run picture`. */
import { openBrowser } from "./browser.js";
import { takeCatalog } from "./catalog.js";
import { takeShop } from "./shop.js";
import { takeTerminals } from "./terminal.js";

const browser = await openBrowser();
try {
  await takeCatalog(browser);
  await takeShop(browser);
  await takeTerminals(browser);
} finally {
  await browser.close();
}
