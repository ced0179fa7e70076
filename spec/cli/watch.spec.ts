import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LogWatch } from "../../lib/cli/watch/log-watch.js";
import { StoreLockedError } from "../../lib/errors.js";
import { from } from "../../lib/query/index.js";
import type { Repo } from "../../lib/repo/index.js";
import { Sync } from "../../lib/sync/index.js";
import { Tenant } from "../../lib/tenant/index.js";
import { inspectHandler } from "../../lib/web/index.js";
import { plinth } from "./support/run.js";
import { fill, openRepo, Product, schemas } from "./support/shop.js";

let repo: Repo;
beforeEach(() => {
  repo = openRepo();
});
afterEach(() => repo.close());

describe("watch", () => {
  test("shows the change logs of the store", async () => {
    await fill(repo, "acme", 3);
    const { code, stdout } = await plinth(["watch", "--once"], { config: { repo, schemas } });
    expect(code).toBe(0);
    const [titles, products, reviews, ...rest] = stdout.trimEnd().split("\n");
    expect(titles).toMatch(/^tenant +source +last change +log reaches back/);
    expect(products).toMatch(/^acme +products +\d+ ms ago +\d+ ms +/);
    expect(reviews).toMatch(/^acme +reviews /);
    expect(rest).toEqual([]);
  });

  test("counts what was added since the look before", async () => {
    const tenant = await fill(repo, "acme", 3);
    const logs = new LogWatch(await repo.engine(), [tenant]);
    const products = async () =>
      (await logs.read(new AbortController().signal)).find(({ source }) => source === "products");
    expect(await products()).toMatchObject({ inserts: 0, deletes: 0 });
    await repo.insert(Product, { id: "p3", name: "new" }, { tenant });
    await repo.delete(await repo.getOrThrow(Product, "p2", { tenant }));
    expect(await products()).toMatchObject({ inserts: 1, updates: 0, deletes: 1, more: false });
    expect(await products()).toMatchObject({ inserts: 0, updates: 0, deletes: 0 });
  });

  test("goes on until it is stopped", async () => {
    await fill(repo, "acme", 1);
    const signal = AbortSignal.timeout(2_500);
    const { code, json } = await plinth(["watch", "--json"], { config: { repo, schemas }, signal });
    expect(code).toBe(130);
    expect(json().length).toBeGreaterThan(1);
  });

  test("tells how far the consumers have come", async () => {
    const tenant = await fill(repo, "acme", 2);
    const sync = new Sync(repo);
    const stop = new AbortController();
    const handled = new Promise<void>((resolve) => {
      const consumed = (name: string, signal: AbortSignal) =>
        sync.consume(tenant, name, { products: sync.all(Product) }, () => resolve(), { signal });
      void consumed("indexer", stop.signal);
    });
    await handled;
    const look = async () => {
      const [frame] = (await plinth(["watch", "--once", "--json"], { config: { repo, schemas } })).json();
      return (frame as { consumers: { name: string; state: string; version: string }[] }).consumers;
    };
    const [running] = await look();
    expect(running).toMatchObject({ tenant: "acme", name: "indexer", state: "running" });
    const { stdout } = await plinth(["watch", "--once"], { config: { repo, schemas } });
    expect(stdout).toMatch(/^acme +indexer +running +(nothing yet|\d.* ago)$/m);
    stop.abort();
    await sync.close();
    const until = async (state: string): Promise<void> => {
      if ((await look())[0]?.state !== state) return until(state);
    };
    await until("stopped");
  });

  test("of a store that a server has open says how to follow it there", async () => {
    const locked = () => Promise.reject(new StoreLockedError("Process 7 has this store open."));
    const { code, stderr } = await plinth(["watch", "--once"], { config: { repo: locked } });
    expect(code).toBe(1);
    expect(stderr).toContain("[store_locked]");
    expect(stderr).toContain("inspectHandler(sync)");
  });

  test("without a logged source says what live queries need", async () => {
    const bare = openRepo([]);
    await Tenant.create(bare, "a");
    const { stdout } = await plinth(["watch", "--once"], { config: { repo: bare } });
    expect(stdout).toContain("create(metadata(Schema))");
    await bare.close();
  });
});

describe("watch URL", () => {
  let server: Server;
  let answer: () => { status: number; body: string };
  let url: string;

  beforeEach(async () => {
    server = createServer((_request, response) => {
      const { status, body } = answer();
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/inspect`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test("shows what a server's Sync is doing", async () => {
    const tenant = await fill(repo, "acme", 0);
    const sync = new Sync(repo);
    const page = await sync.subscribe(tenant, { list: sync.all(from(Product).orderBy("name")) });
    const inspect = inspectHandler(sync);
    let body = await inspect().text();
    answer = () => ({ status: 200, body });
    const { code, stdout } = await plinth(["watch", url, "--once"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^subscriptions 1 {3}live queries 1 {3}watches 1 /);
    expect(stdout).toMatch(/^rows 2 {3}evaluations 0 {3}wasted 0 {3}watch to told p50 - {2}p99 -$/m);
    expect(stdout).toMatch(/^acme +\S+ \S+ +products +1 +2 +[\d.]+ kB +0 +0$/m);
    expect(stdout).toMatch(/^acme +log:products +live +1 +1 +\d\S* \S+ +\d\S* \S+ +0 ms +0 +0 +0$/m);
    const [inspection] = (await plinth(["watch", url, "--once", "--json"])).json();
    expect(inspection).toMatchObject({ subscriptions: 1, queries: [{ tenant: "acme", rows: 2 }] });

    const reader = page[Symbol.asyncIterator]();
    await reader.next();
    const changed = new Promise((resolve) => page.on("change", resolve));
    await repo.insert(Product, { id: "p9", name: "new" }, { tenant });
    await changed;
    await new Promise((resolve) => setTimeout(resolve, 0));
    body = await inspect().text();
    const after = await plinth(["watch", url, "--once"]);
    expect(after.stdout).toMatch(
      /^rows 3 {3}evaluations 1 {3}wasted 0 \(0 %\) {3}watch to told p50 \d+\.\d ms {2}p99/m,
    );
    expect(after.stdout).toMatch(/^acme +log:products +live +1 +1 +\d+ ms +\d.* \d+ ms +1 +1 +0$/m);
    expect(after.stdout).toMatch(/^acme +list +live +1 +\d+ B +\d+ ms$/m);
    await page.close();
    await sync.close();
  });

  test("that serves something else, or nothing, is an error with the line to write", async () => {
    answer = () => ({ status: 200, body: '{"hello":1}' });
    const other = await plinth(["watch", url, "--once"]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("inspectHandler(sync)");
    answer = () => ({ status: 404, body: "no" });
    expect((await plinth(["watch", url, "--once"])).stderr).toContain("status 404");
    expect((await plinth(["watch", "http://127.0.0.1:1/", "--once"])).stderr).toContain("cannot be reached");
  });
});
