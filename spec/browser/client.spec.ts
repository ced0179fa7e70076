import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { connect } from "../../lib/client/index.js";
import { change, from } from "../../lib/index.js";
import { nodeHandler, syncHandler } from "../../lib/web/index.js";
import { eventually, Item, type Live, queriesOf, Stage } from "../client/stage.js";
import { launchChromium } from "./harness.js";

const root = join(import.meta.dirname, "../..");

/** A page that connects, and shows a list with React: rows count how often they are rendered. */
const program = `
import { connect } from "./lib/client/index.js";
import { PlinthProvider, useLive } from "./lib/react/index.js";
import { createElement as h, memo, Suspense } from "react";
import { createRoot } from "react-dom/client";
window.renders = {};
window.types = [];
window.open_ = (options, path = "/live") => {
  const connection = connect(path, { retryMs: 50, ...options });
  connection.on("transition", (t) => window.types.push(t.type));
  return connection;
};
window.start = () => {
  window.connection = window.open_();
  const Row = memo(({ row }) => {
    window.renders[row.id] = (window.renders[row.id] ?? 0) + 1;
    return h("li", null, row.id + ":" + row.n);
  });
  const List = () => useLive("items").map((row) => h(Row, { key: row.id, row }));
  createRoot(document.querySelector("ul")).render(
    h(PlinthProvider, { connection: window.connection }, h(Suspense, { fallback: "…" }, h(List))));
};
window.many = (count) => { window.clients = Array.from({ length: count }, () => window.connection.watch("group", { grp: "x" })); };
`;

let stage: Stage;
let browser: Browser;
let server: Server;
let address: string;
let script: string;
const pages: Page[] = [];
const faults: string[] = [];
/** Answers instead of the handler. */
let instead: ((response: ServerResponse) => void) | undefined;
/** Bytes of each stream since it began, newest last. */
const streams: number[] = [];
/** What is written to the streams there are now goes nowhere, as to a machine that sleeps. */
let lost = 0;

const live = nodeHandler((request) => stage.handler(request));
/** Rows of group "y", for those whom a row of group "rights" allows them. */
const restricted = nodeHandler((request) =>
  syncHandler(stage.sync, () => ({
    tenant: stage.tenant,
    queries: { secret: stage.sync.all(from(Item).where({ grp: "secret" })) },
    authorize: {
      watch: stage.sync.all(from(Item).where({ grp: "rights" })),
      row: (row, { rights }) =>
        (rights as readonly Item[]).some(({ id, n }) => id === "ada" && n >= (row as Item).n),
    },
  }))(request),
);
function answer(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === "/script.js") {
    response.writeHead(200, { "content-type": "text/javascript" }).end(script);
  } else if (!request.url!.startsWith("/live")) {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end('<ul></ul><script src="/script.js"></script>');
  } else if (instead !== undefined) instead(response);
  else if (request.url!.startsWith("/live-restricted")) void restricted(request, response);
  else {
    const at = streams.push(0) - 1;
    const write = response.write.bind(response) as (chunk: Uint8Array, ...more: unknown[]) => boolean;
    response.write = ((chunk: Uint8Array, ...more: unknown[]) => {
      streams[at]! += chunk.length;
      if (at < lost) return true;
      return write(chunk, ...more);
    }) as typeof response.write;
    void live(request, response);
  }
}

const listen = (port: number) =>
  new Promise<Server>((resolve) => {
    const made = createServer(answer).listen(port, "127.0.0.1", () => resolve(made));
  });

async function opened(prepare: (page: Page) => unknown = () => undefined): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await prepare(page);
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(address);
  await page.evaluate("start()");
  await page.waitForFunction("connection.state === 'live'");
  pages.push(page);
  return page;
}

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: root },
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    define: { "process.env.NODE_ENV": '"production"' },
    write: false,
  });
  script = outputFiles[0]!.text;
  stage = await Stage.open({ heartbeatMs: 200 });
  for (let i = 0; i < 1_000; i += 100) {
    await stage.repo.transactional(stage.tenant, async (tx) => {
      for (let j = i; j < i + 100; j++)
        await tx.insert(Item, { id: `r${j}`, grp: j < 10 ? "x" : "y", n: 0 } as never);
    });
  }
  server = await listen(0);
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await launchChromium();
  await opened();
  await opened();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
  await stage?.close();
});

async function bump(id: string, n: number): Promise<void> {
  await stage.repo.update(change((await stage.repo.get(Item, id, { tenant: stage.tenant }))!, { n }));
}

const textOf = (items: readonly { readonly id: string; readonly n: number }[]): string =>
  items.map(({ id, n }) => `${id}:${n}`).join("");

/** What the database has. */
async function rows(): Promise<string> {
  const sub = await stage.sync.subscribe(stage.tenant, { items: queriesOf(stage.sync).items });
  await sub.close();
  return textOf(sub.value.items);
}

/** Every page shows what the database has. */
async function allEqual(): Promise<void> {
  const truth = await rows();
  for (const page of pages) {
    await page.waitForFunction(
      (text) =>
        (
          globalThis as never as { document: { querySelector(q: string): { textContent: string } } }
        ).document.querySelector("ul").textContent === text,
      truth,
      { timeout: 30_000 },
    );
  }
}

describe("in a browser", () => {
  test("one change renders one row of a thousand, in every tab", async () => {
    await allEqual();
    for (const page of pages) await page.evaluate("renders = {}");
    await bump("r500", 7);
    await allEqual();
    for (const page of pages) expect(await page.evaluate("renders")).toEqual({ r500: 1 });
  });

  test("fifty subscriptions go over one connection, and come through a burst whose server is replaced", async () => {
    await pages[0]!.evaluate("many(50)");
    await pages[0]!.waitForFunction("clients.every((view) => view.value !== undefined)");
    for (const page of pages) await page.evaluate("types = []");
    const before = streams.length;
    for (let i = 1; i <= 60; i++) {
      await bump(`r${i % 12}`, i);
      if (i === 20) await stage.replace({ heartbeatMs: 200 });
      if (i === 40) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        server = await listen(Number(new URL(address).port));
      }
    }
    await allEqual();
    await pages[0]!.waitForFunction(
      "clients.every((view) => view.value.group.find((row) => row.id === 'r0').n === 60)",
    );
    for (const page of pages) expect(await page.evaluate("types")).not.toContain("snapshot");
    // Nobody was sent a list whose cursor is in the log: whole, it is about 100 kB.
    expect(Math.max(...streams.slice(before))).toBeLessThan(60_000);
  }, 60_000);

  test.each<[string, number, (response: ServerResponse) => void]>([
    [
      "a proxy's 502, for five seconds",
      5_000,
      (response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway"),
    ],
    [
      "a page where the stream was",
      300,
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
    ],
    ["connections that are dropped", 300, (response) => response.destroy()],
    ["answers that never come", 300, () => {}],
  ])(
    "lives through %s",
    async (_, forMs, broken) => {
      instead = broken;
      server.closeAllConnections();
      for (const page of pages) await page.waitForFunction("connection.state === 'stale'");
      await bump("r900", Math.floor(Math.random() * 1e6));
      await new Promise((resolve) => setTimeout(resolve, forMs));
      instead = undefined;
      server.closeAllConnections();
      await allEqual();
      for (const page of pages) await page.waitForFunction("connection.state === 'live'");
    },
    60_000,
  );

  test("a forged cursor begins anew", async () => {
    await pages[0]!.evaluate(
      "window.forged = open_({ initial: { value: { items: [] }, cursor: 'Zm9yZ2Vk' } })",
    );
    await pages[0]!.waitForFunction("forged.state === 'live' && forged.value.items.length === 1000");
  });

  test("fifty more clients, each on its own connection, and both tabs end equal after a burst", async () => {
    const types: string[] = [];
    const clients = Array.from({ length: 50 }, () => connect<Live>(`${address}live`, { retryMs: 50 }));
    try {
      for (const client of clients) client.on("transition", ({ type }) => types.push(type));
      await eventually(() => clients.every(({ value }) => value !== undefined), "the first rows");
      for (const page of pages) await page.evaluate("types = []");
      types.length = 0;
      const before = streams.length;
      for (let i = 1; i <= 40; i++) {
        await bump(`r${100 + (i % 7)}`, 1_000 + i);
        if (i === 20) server.closeAllConnections();
      }
      await allEqual();
      const truth = await rows();
      await eventually(() => clients.every(({ value }) => textOf(value!.items!) === truth), "equal rows");
      expect(types).not.toContain("snapshot");
      expect(streams.length - before).toBeGreaterThanOrEqual(52);
      expect(Math.max(...streams.slice(before))).toBeLessThan(20_000);
    } finally {
      for (const client of clients) client.close();
    }
  }, 60_000);

  test("an hour of sleep: the tab goes on from its cursor, without the list", async () => {
    const page = await opened((fresh) => fresh.clock.install());
    await page.evaluate("types = []");
    await page.clock.pauseAt(Date.now() + 1_000);
    lost = streams.length;
    for (let i = 1; i <= 5; i++) await bump(`r${200 + i}`, 2_000 + i);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await page.evaluate("types.includes('change')")).toBe(false);
    const before = streams.length;
    await page.clock.fastForward("01:00:00");
    await page.clock.resume();
    await allEqual();
    await page.waitForFunction("connection.state === 'live'");
    expect(await page.evaluate("types")).not.toContain("snapshot");
    expect(Math.max(...streams.slice(before))).toBeLessThan(20_000);
  }, 60_000);

  test("rows leave the page when the right to them is taken back, and come when it is given", async () => {
    const { repo, tenant } = stage;
    const right = { id: "ada", grp: "rights", n: 2 } as never;
    await repo.insert(Item, right, { tenant });
    for (const n of [1, 2, 3])
      await repo.insert(Item, { id: `s${n}`, grp: "secret", n } as never, { tenant });
    const page = await opened();
    await page.evaluate("window.secret = open_({}, '/live-restricted')");
    const shows = (wanted: string) =>
      page.waitForFunction((text) => {
        const { secret } = globalThis as never as { secret: { value?: { secret: { id: string }[] } } };
        return secret.value?.secret.map(({ id }) => id).join() === text;
      }, wanted);
    await shows("s1,s2");
    const set = async (n: number) => repo.update(change((await repo.get(Item, "ada", { tenant }))!, { n }));
    await set(1);
    await shows("s1");
    await set(0);
    await shows("");
    await set(3);
    await shows("s1,s2,s3");
    expect(await page.evaluate("secret.state")).toBe("live");
  });

  test("without an error on any page", () => {
    expect(faults).toEqual([]);
  });
});
