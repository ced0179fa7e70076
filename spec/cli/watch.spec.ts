import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LogWatch } from "../../lib/cli/watch/logs.js";
import { from } from "../../lib/query/index.js";
import type { Repo } from "../../lib/repo/index.js";
import { Sync } from "../../lib/sync/index.js";
import { Tenant } from "../../lib/tenant/index.js";
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
    answer = () => ({
      status: 200,
      body: JSON.stringify(sync.inspect(), (_, value: unknown) =>
        typeof value === "bigint" ? String(value) : value,
      ),
    });
    const { code, stdout } = await plinth(["watch", url, "--once"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^subscriptions 1 {3}live queries 1 {3}watches 1 /);
    expect(stdout).toMatch(/^acme +\S+ \S+ +products +1 +2$/m);
    const [inspection] = (await plinth(["watch", url, "--once", "--json"])).json();
    expect(inspection).toMatchObject({ subscriptions: 1, queries: [{ tenant: "acme", rows: 2 }] });
    await page.close();
    await sync.close();
  });

  test("that serves something else, or nothing, is an error with the line to write", async () => {
    answer = () => ({ status: 200, body: '{"hello":1}' });
    const other = await plinth(["watch", url, "--once"]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("JSON.stringify(sync.inspect()");
    answer = () => ({ status: 404, body: "no" });
    expect((await plinth(["watch", url, "--once"])).stderr).toContain("status 404");
    expect((await plinth(["watch", "http://127.0.0.1:1/", "--once"])).stderr).toContain("cannot be reached");
  });
});
