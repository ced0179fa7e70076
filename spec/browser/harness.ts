import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";

const candidates = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** A headless Chromium of the system; `CHROMIUM` names another one. */
export function launchChromium(): Promise<Browser> {
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath)
    throw new Error("No Chromium here. Install one, or name it: CHROMIUM=/path/to/chromium");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Pages, each in a window of its own so that none is put to sleep, and everything that went wrong in them. */
export interface Tabs {
  /** Opens a page and waits until its stream is open. */
  open(path: string): Promise<Page>;
  /** Opens a window without a page of the server. */
  blank(): Promise<Page>;
  /** Errors that pages wrote to the console, violations of the content security policy among them. */
  readonly complaints: string[];
}

export function openTabs(browser: Browser, address: string): Tabs {
  const complaints: string[] = [];
  const blank = async () => {
    const context = await browser.newContext({ baseURL: address });
    context.on("console", (message) => {
      // A refused form is answered with its status, which Chromium writes to the console; the tests look at the answers.
      if (message.type() !== "error" || message.text().startsWith("Failed to load resource")) return;
      complaints.push(message.text());
    });
    context.on("weberror", (error) => complaints.push(error.error().message));
    return context.newPage();
  };
  const open = async (path: string) => {
    const page = await blank();
    await page.goto(path);
    await live(page);
    return page;
  };
  return { open, blank, complaints };
}

/** Resolves once the page's stream is open. */
export async function live(page: Page): Promise<void> {
  await page.locator('html[data-state="live"]').waitFor({ state: "attached" });
}

/** The card of the product with this name on the admin page. */
export function cardOf(page: Page, name: string) {
  return page.locator("#cards > article").filter({ has: page.getByRole("heading", { name, exact: true }) });
}

/**
 * Watches every card but one: from now on `touched` counts what happens to them, and `same` says whether each is still
 * the very node that it was.
 */
export async function watchSiblings(page: Page, exceptName: string) {
  await page.evaluate(`{
    const siblings = [...document.querySelectorAll("#cards > article")].filter(
      (card) => card.querySelector("h2").textContent !== ${JSON.stringify(exceptName)});
    const watched = { siblings, ids: siblings.map(({ id }) => id), touched: 0 };
    new MutationObserver((records) => { watched.touched += records.length; }).observe(
      document.querySelector("#cards"), { childList: true });
    for (const sibling of siblings) {
      new MutationObserver((records) => { watched.touched += records.length; }).observe(
        sibling, { subtree: true, childList: true, attributes: true, characterData: true });
    }
    window.watched = watched;
  }`);
  return async () =>
    (await page.evaluate(
      `({ touched: watched.touched, same: watched.siblings.every((card, at) => card === document.getElementById(watched.ids[at])), count: watched.siblings.length })`,
    )) as { touched: number; same: boolean; count: number };
}

/** A folder that holds a store, and how to remove it. */
export async function temporaryStore(): Promise<{ url: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-catalog-"));
  return {
    url: `embedded:${join(folder, "store")}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
