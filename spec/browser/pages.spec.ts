import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { createApp } from "../../samples/shop/app.js";
import { Item } from "../../samples/shop/schemas/item.js";
import { openShops, type Shops } from "../../samples/shop/shops.js";
import { tokenOf } from "../../samples/shop/users.js";
import { build, postForm, type Server, startServer } from "../samples/built-server.js";
import { cardOf, launchChromium, live, temporaryStore } from "./harness.js";

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const;
const secret = "of the browser";

let store: Awaited<ReturnType<typeof temporaryStore>>;
let server: Server;
let shops: Shops;
let shopServer: HttpServer;
let board: string;
let browser: Browser;

beforeAll(async () => {
  await build();
  store = await temporaryStore();
  [server, browser] = await Promise.all([startServer(store.url), launchChromium()]);
  shops = openShops("memory:", { send: async () => {} }, () => {});
  const tenant = await shops.open("lantern");
  await shops.repo.insert(Item, { name: "Harbour Fog Lamp", cents: 8_900, stock: 12 }, { tenant });
  shopServer = createServer(getRequestListener(createApp(shops, secret).fetch));
  await new Promise((resolve) => shopServer.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = `http://127.0.0.1:${(shopServer.address() as AddressInfo).port}`;
  const token = tokenOf({ id: "mara", shop: "lantern", role: "staff" }, secret);
  board = `${address}/board#${new URLSearchParams({ shop: "lantern", token })}`;
}, 120_000);

afterAll(async () => {
  await browser?.close();
  shopServer?.closeAllConnections();
  shopServer?.close();
  await shops?.close();
  await server?.stop("SIGKILL");
  await store?.remove();
});

/** Opens a page of the catalog in a window of its own, and waits until it is live. */
async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: server.address, ...options });
  const page = await context.newPage();
  await page.goto(path);
  await live(page);
  return page;
}

const focusedText = (page: Page) =>
  page.evaluate(
    "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()",
  );
const focusedId = (page: Page) => page.evaluate("document.activeElement.id");

async function eventually<T>(ask: () => Promise<T>, expected: T): Promise<void> {
  const until = Date.now() + 10_000;
  let answer = await ask();
  while (JSON.stringify(answer) !== JSON.stringify(expected) && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    answer = await ask();
  }
  expect(answer).toEqual(expected);
}

/** What axe finds on the page, in one line each. */
async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(`axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => id + ": " + help + " " + target)))`);
}

describe("the first page", () => {
  test("shows each product as a card, follows them, and opens one", async () => {
    const page = await open("/");
    const tiles = page.locator("#product .tile");
    await eventually(() => tiles.count(), 5);
    await postForm(server.address, "/admin/save?id=p5", { name: "Quiet Typewriter II", description: "" });
    await tiles.getByText("Quiet Typewriter II").waitFor();
    await postForm(server.address, "/admin/save?id=p5", { name: "Quiet Typewriter", description: "" });
    await page.locator("#products").getByText("By name").waitFor();
    await tiles.getByRole("link", { name: "Harbour Fog Lamp" }).click();
    await page.getByText("newest first").waitFor();
    // The card with the link that was pressed is gone; focus is on what took its place.
    await eventually(() => focusedText(page), "Harbour Fog Lamp");
  });

  test("says in which order everything is, and shows what just changed for a moment", async () => {
    const page = await open("/", { reducedMotion: "no-preference" });
    /** From now on, each mark is noted: where it is, and how many different frames it has. */
    const noteMarks = (on: Page) =>
      on.evaluate(`{
        window.marks = [];
        const animate = Element.prototype.animate;
        Element.prototype.animate = function (frames, options) {
          window.marks.push([this.id, new Set(frames.map(({ boxShadow }) => boxShadow)).size]);
          return animate.call(this, frames, options);
        };
      }`);
    const marks = (on: Page) => on.evaluate("marks");
    const still = await open("/", { reducedMotion: "reduce" });
    await noteMarks(page);
    await noteMarks(still);
    await postForm(server.address, "/admin/save?id=p2", { name: "Self-Sharpening Crayon", description: "x" });
    await eventually(
      () => marks(page),
      [
        ["nav-cDI", 2],
        ["tile-cDI", 2],
      ],
    );
    // Without motion there is a mark too, and it does not move.
    await eventually(
      () => marks(still),
      [
        ["nav-cDI", 1],
        ["tile-cDI", 1],
      ],
    );
  });
});

describe("the admin page, by keyboard", () => {
  test("creates a product, asks before it deletes one, takes it back, and never loses focus", async () => {
    const page = await open("/admin");
    await page.locator("#new-name").focus();
    await page.keyboard.type("Keyboard Kettle");
    await page.keyboard.press("Enter");
    await cardOf(page, "Keyboard Kettle").waitFor();
    await page.getByText("“Keyboard Kettle” is created.").waitFor();
    await eventually(() => focusedId(page), "new-name");
    expect(await page.locator("#new-name").inputValue()).toBe("");
    expect(await page.locator("#cards h2").first().textContent()).toBe("Keyboard Kettle");

    const button = cardOf(page, "Keyboard Kettle").getByRole("button", { name: "Delete" });
    await button.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Delete “Keyboard Kettle”?" }).waitFor();
    expect(await focusedText(page)).toBe("Keep it");
    await page.keyboard.press("Escape");
    await eventually(() => focusedText(page), "Delete Keyboard Kettle");
    expect(await cardOf(page, "Keyboard Kettle").count()).toBe(1);

    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Shift+Tab");
    expect(await focusedText(page)).toBe("Delete");
    await page.keyboard.press("Enter");
    await cardOf(page, "Keyboard Kettle").waitFor({ state: "detached" });
    await eventually(() => focusedText(page), "Undo");
    await page.keyboard.press("Enter");
    await cardOf(page, "Keyboard Kettle").waitFor();
    await page.getByText("“Keyboard Kettle” is back.").waitFor();
    await eventually(() => focusedId(page), "notice");
  });

  test("goes on at the next card when somebody else deletes the one with focus", async () => {
    const page = await open("/admin");
    await cardOf(page, "Instant-Tree Seeds").getByLabel("Name").focus();
    const next = await page.evaluate(
      `document.activeElement.closest("article").nextElementSibling.querySelector("h2").textContent`,
    );
    expect((await postForm(server.address, "/admin/delete?id=p3")).status).toBe(303);
    await cardOf(page, "Instant-Tree Seeds").waitFor({ state: "detached" });
    expect(await focusedText(page)).toBe(next);
  });

  test("a draft whose product changed beneath it says so, and offers both", async () => {
    const page = await open("/admin");
    const card = cardOf(page, "Weatherproof Umbrella");
    const name = card.getByLabel("Name");
    const save = (text: string) =>
      postForm(server.address, "/admin/save?id=p4", { name: "Weatherproof Umbrella", description: text });
    const description = card.getByLabel("Description");
    await description.fill("Mine");
    await save("Theirs");
    await card.getByText("Changed by somebody else meanwhile, to “Theirs”.").waitFor();
    expect(await description.inputValue()).toBe("Mine");
    await card.getByRole("button", { name: "Take theirs" }).press("Enter");
    expect(await description.inputValue()).toBe("Theirs");
    expect(await card.getByText("somebody else").count()).toBe(0);

    await description.fill("Mine again");
    await save("Theirs again");
    await card.getByRole("button", { name: "Keep mine" }).press("Enter");
    expect(await description.inputValue()).toBe("Mine again");
    expect(await focusedId(page)).toContain("-description");
    await card.getByRole("button", { name: "Save" }).press("Enter");
    await card.getByText("Saved").waitFor();
    expect(await name.inputValue()).toBe("Weatherproof Umbrella");
  });
});

describe("on a phone", () => {
  test("the chosen product is in view, from the first moment and after each choice", async () => {
    const page = await open("/?id=p4", phone);
    const inView = () =>
      page.evaluate(`(() => {
        const box = document.querySelector("#products [aria-current]").getBoundingClientRect();
        return box.left >= 0 && box.right <= innerWidth;
      })()`);
    expect(await inView()).toBe(true);
    await page.locator("#products a").first().click();
    await eventually(() => page.locator("#products a").first().getAttribute("aria-current"), "true");
    await eventually(inView, true);
  });

  test.each(["/", "/?id=p1", "/admin", "/lab"])(
    "%s has nothing too small for a finger, nothing wider than the page, and one left edge",
    async (path) => {
      const page = await open(path, phone);
      expect(
        await page.evaluate(`[...document.querySelectorAll("a, button, input, textarea")]
          .filter((part) => part.getClientRects().length > 0 && !part.closest("p:not(.actions), .skip") && !part.matches(".skip, .tile a"))
          .map((part) => [part.textContent || part.name, part.getBoundingClientRect().height])
          .filter(([, height]) => height < 44)`),
      ).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      const edges = await page.evaluate(`[".brand", "main h1:not(.visually-hidden), main h2", "main .card"]
        .map((at) => document.querySelector(at)).filter(Boolean)
        .map((part) => part.closest(".card")?.getBoundingClientRect().left ?? part.getBoundingClientRect().left)`);
      expect(new Set(edges as number[]).size).toBe(1);
    },
  );
});

describe.each([
  ["light", {}],
  ["dark", { colorScheme: "dark" }],
  ["on a phone", phone],
  ["dark, on a phone", { ...phone, colorScheme: "dark" }],
] satisfies [string, BrowserContextOptions][])(
  "an accessibility check finds nothing: %s",
  (_how, options) => {
    test.each(["/", "/?id=p1", "/?id=nobody", "/admin", "/lab"])("%s", async (path) => {
      const page = await open(path, options);
      expect(await findings(page)).toEqual([]);
      await page.context().close();
    });

    test("the question, an error and a draft beside another's change", async () => {
      const page = await open("/admin", options);
      const card = cardOf(page, "Harbour Fog Lamp");
      await card.getByLabel("Name").fill("");
      await card.getByRole("button", { name: "Save" }).click();
      await card.getByText(/Name can.t be blank/).waitFor();
      await card.getByLabel("Description").fill("Mine");
      await postForm(server.address, "/admin/save?id=p1", {
        name: "Harbour Fog Lamp",
        description: `${Math.random()}`,
      });
      await card.getByText("somebody else").first().waitFor();
      expect(await findings(page)).toEqual([]);
      await card.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("dialog").waitFor();
      expect(await findings(page)).toEqual([]);
      await page.context().close();
    });

    test("what is no page, a form that is refused without a script, and the lab after its experiments", async () => {
      const context = await browser.newContext({ baseURL: server.address, ...options });
      const page = await context.newPage();
      expect((await page.goto("/nothing"))?.status()).toBe(404);
      await page.getByText("There is no page at this address.").waitFor();
      expect(await findings(page)).toEqual([]);
      await page.route("**/live.js", (route) => route.abort());
      await page.goto("/admin");
      const card = page.locator("#cards > article").first();
      await card.getByLabel("Name").fill("");
      await card.getByRole("button", { name: "Save" }).click();
      await page.getByText("was not saved; its card says why.").waitFor();
      expect(await findings(page)).toEqual([]);
      await page.unroute("**/live.js");
      await page.goto("/lab");
      await live(page);
      await page.getByRole("button", { name: "Insert" }).click();
      await page.getByText("is in the catalog, with a review.").waitFor();
      expect(await findings(page)).toEqual([]);
      await context.close();
    });

    test("the board of the shop, with a token and without", async () => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      await page.goto(board.split("#")[0]!);
      await page.getByRole("button", { name: "Show the board" }).waitFor();
      expect(await findings(page)).toEqual([]);
      await page.goto(board);
      await page.reload();
      await page.getByText("oldest first").waitFor();
      expect(await findings(page)).toEqual([]);
      await page.goto(`${board.split("#")[0]!}#shop=lantern&token=wrong`);
      await page.reload();
      await page.getByRole("alert").waitFor();
      expect(await findings(page)).toEqual([]);
      await page.getByRole("button", { name: "Use another token" }).click();
      await page.getByRole("button", { name: "Show the board" }).waitFor();
      await context.close();
    });
  },
);

test("the board shows an order when it comes, and ships it by keyboard", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(board);
  await page.getByText("Nothing to ship.").waitFor();
  const tenant = await shops.open("lantern");
  const [item] = await shops.repo.all(Item, { tenant });
  const { placeOrder } = await import("../../samples/shop/routes/place-order.js");
  const user = { id: "ines", shop: "lantern", role: "customer" } as const;
  await placeOrder(shops.repo, { tenant, user }, { itemId: item!.id, quantity: 2 }, undefined);
  const row = page.locator(".order", { hasText: "2 × Harbour Fog Lamp" });
  await row.waitFor();
  await page.locator(".item", { hasText: "10" }).waitFor();
  await row.getByRole("button", { name: "Ship" }).press("Enter");
  await row.waitFor({ state: "detached" });
  await eventually(() => focusedId(page), "orders");
});
