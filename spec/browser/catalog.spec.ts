import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { build, postForm, type Server, startServer } from "../samples/built-server.js";
import {
  cardOf,
  launchChromium,
  live,
  openTabs,
  type Tabs,
  temporaryStore,
  watchSiblings,
} from "./harness.js";

let store: Awaited<ReturnType<typeof temporaryStore>>;
let server: Server;
let browser: Browser;
let tabs: Tabs;
let catalog: Page;
let admin: Page;

beforeAll(async () => {
  await build();
  store = await temporaryStore();
  [server, browser] = await Promise.all([startServer(store.url), launchChromium()]);
  tabs = openTabs(browser, server.address);
  [catalog, admin] = [await tabs.open("/"), await tabs.open("/admin")];
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.stop("SIGKILL");
  await store?.remove();
});

/** The names of all products as the database has them, read by a page that is not live. */
async function storedNames(): Promise<string[]> {
  const context = await browser.newContext({ baseURL: server.address, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto("/");
  const names = await page.locator("#products li").allTextContents();
  await context.close();
  return names;
}

const link = (name: string) => catalog.locator("#products").getByRole("link", { name, exact: true });
const productTitle = () => catalog.locator("#product h2");

async function rename(from: string, to: string): Promise<void> {
  const card = cardOf(admin, from);
  await card.getByLabel("Name").fill(to);
  await card.getByRole("button", { name: "Save" }).click();
}

describe("the catalog and its admin page, side by side", () => {
  test("a rename in /admin shows in / without a reload", async () => {
    await catalog.evaluate("window.neverReloaded = true");
    await rename("Harbour Fog Lamp", "Harbour Fog Lamp, tall");
    await link("Harbour Fog Lamp, tall").waitFor();
    expect(await catalog.evaluate("window.neverReloaded")).toBe(true);
    await rename("Harbour Fog Lamp, tall", "Harbour Fog Lamp");
    await link("Harbour Fog Lamp").waitFor();
  });

  test("saving a product touches its card and no other", async () => {
    const siblings = await watchSiblings(admin, "Quiet Typewriter");
    await rename("Quiet Typewriter", "Quieter Typewriter");
    await cardOf(admin, "Quieter Typewriter").getByText("Saved").waitFor();
    await link("Quieter Typewriter").waitFor();
    expect(await siblings()).toEqual({ touched: 0, same: true, count: 4 });
  });

  test("what somebody is typing survives changes by others, in another card and in the same one", async () => {
    const other = cardOf(admin, "Instant-Tree Seeds").getByLabel("Name");
    const same = cardOf(admin, "Self-Sharpening Pencil").getByLabel("Description");
    await other.fill("Half-typed");
    await same.fill("Also half-ty");
    const elsewhere = await tabs.open("/admin");
    const card = cardOf(elsewhere, "Self-Sharpening Pencil");
    await card.getByLabel("Description").fill("Written elsewhere");
    await card.getByLabel("Name").fill("Self-Sharpening Pencil, blue");
    await card.getByRole("button", { name: "Save" }).click();

    const renamed = cardOf(admin, "Self-Sharpening Pencil, blue");
    await renamed.waitFor();
    expect(await other.inputValue()).toBe("Half-typed");
    expect(await renamed.getByLabel("Description").inputValue()).toBe("Also half-ty");
    expect(await renamed.getByLabel("Name").inputValue()).toBe("Self-Sharpening Pencil, blue");

    await renamed.getByRole("button", { name: "Save" }).click();
    await cardOf(elsewhere, "Self-Sharpening Pencil, blue").getByText("Also half-ty").waitFor();
    await other.fill("Instant-Tree Seeds");
    await elsewhere.context().close();
  });

  test("a field that only has focus takes the stored value once it is left", async () => {
    const field = cardOf(admin, "Weatherproof Umbrella").getByLabel("Name");
    await field.focus();
    const id = "p4";
    const form = { name: "Weatherproof Umbrella II", description: "Opens only when it rains." };
    expect((await postForm(server.address, `/admin/save?id=${id}`, form)).status).toBe(303);
    const renamed = cardOf(admin, "Weatherproof Umbrella II");
    await renamed.waitFor();
    expect(await renamed.getByLabel("Name").inputValue()).toBe("Weatherproof Umbrella");
    await renamed.getByLabel("Description").focus();
    expect(await renamed.getByLabel("Name").inputValue()).toBe("Weatherproof Umbrella II");
  });

  test("an error is shown at its field, keeps what was typed, and writes nothing", async () => {
    const before = await storedNames();
    const card = cardOf(admin, "Harbour Fog Lamp");
    await card.getByLabel("Name").fill("");
    await card.getByLabel("Description").fill("Kept, though the name is empty");
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByText(/Name can.t be blank/).waitFor();
    expect(await card.getByLabel("Name").getAttribute("aria-invalid")).toBe("true");
    expect(await card.getByLabel("Description").inputValue()).toBe("Kept, though the name is empty");
    expect(await storedNames()).toEqual(before);

    await card.getByLabel("Name").fill("Harbour Fog Lamp");
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByText("Saved").waitFor();
    expect(await card.getByText(/can.t be blank/).count()).toBe(0);
    expect(await card.getByLabel("Name").getAttribute("aria-invalid")).toBe(null);
  });

  test("inserted and deleted products appear and vanish on both pages", async () => {
    const known = await storedNames();
    expect((await postForm(server.address, "/lab/insert")).status).toBe(303);
    const name = (await storedNames()).find((candidate) => !known.includes(candidate))!;
    await link(name).waitFor();
    await cardOf(admin, name).waitFor();

    const siblings = await watchSiblings(admin, name);
    await cardOf(admin, name).getByRole("button", { name: "Delete" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await link(name).waitFor({ state: "detached" });
    await cardOf(admin, name).waitFor({ state: "detached" });
    expect(await siblings()).toEqual({ touched: 1, same: true, count: known.length });
  });
});

describe("the catalog page", () => {
  const streams = () =>
    catalog.evaluate(
      `performance.getEntriesByType("resource").filter(({ name }) => name.includes("/live/catalog")).length`,
    );

  test("switches products on the stream that it has, and the address follows", async () => {
    const before = await streams();
    await link("Harbour Fog Lamp").click();
    await catalog.getByText("letters are written").waitFor();
    expect(await productTitle().textContent()).toBe("Harbour Fog Lamp");
    expect(new URL(catalog.url()).search).toBe("?id=p1");
    expect(await catalog.title()).toContain("Harbour Fog Lamp");
    expect(await link("Harbour Fog Lamp").getAttribute("aria-current")).toBe("true");
    const authors = await catalog.locator("#reviews strong").allTextContents();
    expect(authors).toEqual(["Maeve T.", "Okoro", "Ines M."]);

    await link("Instant-Tree Seeds").click();
    await catalog.getByText("Stepped back, but not far enough").waitFor();
    expect(await catalog.getByText("letters are written").count()).toBe(0);
    await catalog.goBack();
    await catalog.getByText("letters are written").waitFor();
    expect(new URL(catalog.url()).search).toBe("?id=p1");
    await catalog.goForward();
    await catalog.getByText("Stepped back, but not far enough").waitFor();
    expect(await streams()).toBe(before);
  });

  test("follows the product that it shows now, and no longer the one before", async () => {
    await link("Harbour Fog Lamp").click();
    await catalog.getByText("letters are written").waitFor();
    const card = cardOf(admin, "Harbour Fog Lamp");
    await card.getByLabel("Description").fill("A lamp, described anew.");
    await card.getByRole("button", { name: "Save" }).click();
    await catalog.getByText("A lamp, described anew.").waitFor();
  });

  test("falls back when the product that it shows is deleted, and shows it again when it is back", async () => {
    await link("Harbour Fog Lamp").click();
    await productTitle().waitFor();
    const recreated = postForm(server.address, "/lab/recreate");
    await catalog.getByText("Choose a product to view").waitFor();
    await catalog.getByText("letters are written").waitFor({ timeout: 20_000 });
    expect((await recreated).status).toBe(303);
    expect(await productTitle().textContent()).toBe("Harbour Fog Lamp");
  }, 60_000);

  test("works without JavaScript, as plain links and forms", async () => {
    const context = await browser.newContext({ baseURL: server.address, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto("/");
    await page.getByText("Choose a product to view").waitFor();
    await page.locator("#product").getByRole("link", { name: "Instant-Tree Seeds" }).click();
    expect(await page.locator("#product h2").textContent()).toBe("Instant-Tree Seeds");

    await page.goto("/admin");
    const card = cardOf(page, "Instant-Tree Seeds");
    await card.getByLabel("Name").fill(" ");
    await card.getByLabel("Description").fill("Typed and kept");
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByText(/Name can.t be blank/).waitFor();
    expect(await card.getByLabel("Description").inputValue()).toBe("Typed and kept");
    await card.getByLabel("Name").fill("Instant-Tree Seeds");
    await card.getByRole("button", { name: "Save" }).click();
    expect(new URL(page.url()).pathname).toBe("/admin");
    expect(await card.getByLabel("Description").inputValue()).toBe("Typed and kept");
    await context.close();
  });
});

describe("what a stranger may try", () => {
  test("names are text, whatever they hold", async () => {
    const hostile = `<script>document.title="x"</script><img src=x onerror="alert(1)"> "'&amp; \${1} </textarea>`;
    await rename("Quieter Typewriter", hostile);
    await cardOf(admin, hostile).waitFor();
    await link(hostile).waitFor();
    const card = cardOf(admin, hostile);
    expect(await card.getByLabel("Name").inputValue()).toBe(hostile);
    await card.getByLabel("Description").fill(hostile);
    await card.getByRole("button", { name: "Save" }).click();
    await link(hostile).click();
    await eventually(() => catalog.locator("#product .prose").textContent(), hostile);
    expect(await productTitle().textContent()).toBe(hostile);
    await catalog.reload();
    await live(catalog);
    expect(await productTitle().textContent()).toBe(hostile);
    expect(await catalog.title()).toBe(`${hostile} · Plinth`);
    await rename(hostile, "Quieter Typewriter");
    await link("Quieter Typewriter").waitFor();
  });

  test("a form on another site is refused in words, and writes nothing", async () => {
    const before = await storedNames();
    const page = await tabs.blank();
    await page.route("http://elsewhere.test/", (route) =>
      route.fulfill({
        contentType: "text/html",
        body: `<form method="post" action="${server.address}/admin/save?id=p1">
          <input name="name" value="Taken over"><input name="description" value="x"><button>Win a prize</button></form>`,
      }),
    );
    await page.goto("http://elsewhere.test/");
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes("/admin/save")),
      page.getByRole("button").click(),
    ]);
    expect(answer.status()).toBe(403);
    await page.getByText("sent from another site").waitFor();
    expect(await storedNames()).toEqual(before);
    await page.context().close();
  });
});

describe("under load and across restarts", () => {
  const sumOf = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + Number(/ v(\d+)$/.exec(name)?.[1] ?? 0), 0);
  const shownNames = () => catalog.locator("#products li").allTextContents();
  const cardNames = async () => (await admin.locator("#cards h2").allTextContents()).sort();

  test("a burst keeps both pages live, and they end up as the database is", async () => {
    const lab = await tabs.open("/lab");
    for (const page of [catalog, admin]) {
      await page.evaluate(`{
        window.seen = 0;
        new MutationObserver(() => { window.seen++; }).observe(
          document.querySelector("main"), { subtree: true, childList: true, characterData: true });
      }`);
    }
    await lab.getByRole("button", { name: "Start the burst" }).click();
    await lab
      .getByText("4000 updates were acknowledged, and the versions grew by 4000")
      .waitFor({ timeout: 120_000 });
    const names = await storedNames();
    expect(sumOf(names)).toBe(4_000);
    await eventually(shownNames, names);
    await eventually(cardNames, [...names].sort());
    // The last update alone would be one change; pages that were live in between saw more.
    expect(await catalog.evaluate("seen")).toBeGreaterThan(2);
    expect(await admin.evaluate("seen")).toBeGreaterThan(2);
    await lab.context().close();
  }, 150_000);

  test("after kill -9 the store opens again, and the open pages catch up by themselves", async () => {
    const names = await storedNames();
    const port = Number(new URL(server.address).port);
    await server.stop("SIGKILL");
    server = await startServer(store.url, port);
    expect(await storedNames()).toEqual(names);
    const renamed = names.map((name, at) => (at === 0 ? "Aardvark Whistle" : name));
    await live(admin);
    await rename(names[0]!, "Aardvark Whistle");
    await eventually(shownNames, renamed);
    await eventually(cardNames, [...renamed].sort());
  }, 60_000);

  test("nothing broke the content security policy, and no page reported an error", () => {
    expect(tabs.complaints.filter((text) => !text.includes("ERR_CONNECTION_REFUSED"))).toEqual([]);
  });

  test("Ctrl-C ends the server with open pages, with exit code 0", async () => {
    expect(await server.stop("SIGINT")).toBe(0);
  });
});

/** Asks again until the answer is the expected one; fails with the last answer after ten seconds. */
async function eventually<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  const until = Date.now() + 10_000;
  let answer = await ask();
  while (JSON.stringify(answer) !== JSON.stringify(expected) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await ask();
  }
  expect(answer).toEqual(expected);
}
