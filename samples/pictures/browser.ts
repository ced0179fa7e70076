/** Pages as pictures: each as somebody sees it, and several beside each other in one file. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { packageRoot } from "../catalog/web/assets.js";

/** How large a window is, in CSS pixels, and which colours its user prefers. */
export interface Look {
  readonly width: number;
  readonly height: number;
  readonly dark?: boolean;
}

/** A Chromium of the system; `CHROMIUM` names another one. */
export function openBrowser(): Promise<Browser> {
  const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
    (path) => path && existsSync(path),
  );
  return chromium.launch({ ...(executablePath && { executablePath }), args: ["--no-sandbox"] });
}

/** A page, once it is ready, as a PNG in base64. */
export async function shot(
  browser: Browser,
  address: string,
  { width, height, dark = false }: Look,
  ready: (page: Page) => Promise<void>,
): Promise<string> {
  const colorScheme = dark ? "dark" : "light";
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(address);
  await ready(page);
  const image = await page.screenshot();
  await context.close();
  return image.toString("base64");
}

/** Puts images of one size beside each other, into a file of the project. */
export async function save(
  browser: Browser,
  path: string,
  { width, height, dark = false }: Look,
  images: readonly string[],
): Promise<void> {
  const viewport = { width: images.length * (width + 24) + 24, height: height + 48 };
  await draw(
    browser,
    path,
    viewport,
    `<style>
    body { display: flex; gap: 24px; margin: 0; padding: 24px; background: ${dark ? "#0b0f0e" : "#d9e4e2"} }
    img { border-radius: 10px; box-shadow: 0 6px 24px #0003 }
  </style>${images.map((image) => `<img src="data:image/png;base64,${image}">`).join("")}`,
  );
}

/** Draws HTML as large as it is, in a window of the given size at least, into a file of the project. */
export async function draw(
  browser: Browser,
  path: string,
  viewport: { readonly width: number; readonly height: number },
  html: string,
): Promise<void> {
  const target = join(packageRoot(), path);
  mkdirSync(dirname(target), { recursive: true });
  const page = await browser.newPage({ viewport });
  await page.setContent(html);
  await page.screenshot({ path: target, fullPage: true });
  await page.close();
  console.log(target);
}
