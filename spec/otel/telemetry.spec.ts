import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, from, Repo, type Tenant } from "../../lib/index.js";
import { type Attributes, startTelemetry } from "../../lib/otel/index.js";
import { openShop, Product } from "../repo/shop.js";

interface Recorded {
  readonly name: string;
  /** The span that this one is below. */
  readonly parent: string | undefined;
  attributes: Attributes;
  status: number | undefined;
  ended: boolean;
}

function recorder() {
  const spans: Recorded[] = [];
  const metrics: { readonly name: string; readonly value: number; readonly attributes: Attributes }[] = [];
  const tracer = {
    startSpan(name: string, options: { attributes?: Attributes } = {}, context?: object) {
      const parent = (context as { readonly span?: { readonly name: string } } | undefined)?.span?.name;
      const attributes = { ...options.attributes };
      const span: Recorded = { name, parent, attributes, status: undefined, ended: false };
      spans.push(span);
      return {
        name,
        setAttributes: (attributes: Attributes) => Object.assign(span.attributes, attributes),
        setStatus: ({ code }: { code: number }) => {
          span.status = code;
        },
        recordException: () => undefined,
        end: () => {
          span.ended = true;
        },
      };
    },
  };
  const add =
    (name: string) =>
    (value: number, attributes: Attributes = {}) =>
      metrics.push({ name, value, attributes });
  const meter = {
    createHistogram: (name: string) => ({ record: add(name) }),
    createCounter: (name: string) => ({ add: add(name) }),
  };
  const api = {
    trace: { getTracer: () => tracer, setSpan: (_: object, span: object) => ({ span }) },
    metrics: { getMeter: () => meter },
    context: { active: () => ({}) },
  };
  return { spans, metrics, tracer, meter, api };
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
});
afterAll(() => repo.close());

const systemOf = async (asked: Repo): Promise<string> =>
  (await asked.engine()).kind === "foundationdb" ? "foundationdb" : "plinth";

test("operations become spans and metrics, until it is stopped", async () => {
  const { spans, metrics, tracer, meter } = recorder();
  const stop = await startTelemetry({ tracer, meter });
  await repo.insert(Product, { id: "p1", name: "Traced" }, { tenant });
  await repo.all(from(Product).where({ name: "Traced" }), { tenant });
  await repo.transactional(tenant, () => repo.get(Product, "p1"));
  await expect(repo.getOrThrow(Product, "none", { tenant })).rejects.toThrow();
  stop();
  await repo.get(Product, "p1", { tenant });

  expect(spans.map(({ name }) => name)).toEqual([
    "insert products",
    "all products",
    "transaction",
    "get products",
    "getOrThrow products",
  ]);
  expect(spans.every(({ ended }) => ended)).toBe(true);
  const [insert, all, transaction, get, failed] = spans;
  expect(all?.attributes).toMatchObject({ "db.query.summary": "all products" });
  expect(insert?.attributes).toMatchObject({
    "db.system.name": await systemOf(repo),
    "db.collection.name": "products",
    "db.operation.name": "insert",
    "db.namespace": tenant.id,
    "plinth.attempts": 1,
  });
  expect(all?.attributes).toMatchObject({
    "plinth.index": "products_name_index",
    "db.response.returned_rows": 1,
    "plinth.requests": 2,
  });
  expect(Number(all?.attributes["plinth.read_bytes"])).toBeGreaterThan(0);
  expect(transaction?.attributes).toMatchObject({ "plinth.attempts": 1, "plinth.commit_version": "-1" });
  expect(get?.attributes).toMatchObject({ "plinth.requests": 1, "db.response.returned_rows": 1 });
  expect(failed).toMatchObject({ status: 2, attributes: { "error.type": "no_results" } });
  const durations = metrics.filter(({ name }) => name === "db.client.operation.duration");
  expect(durations).toHaveLength(4);
  expect(durations[0]?.attributes).not.toHaveProperty("db.namespace");
});

test("what runs inside of a transaction, or of an operation, is below it", async () => {
  const { spans, api } = recorder();
  const stop = await startTelemetry({ api });
  await repo.transactional(tenant, async (tx) => {
    const product = await tx.insert(Product, { id: "nested", name: "Nested" });
    const counted = change(product, { stock: 1 }).prepareChanges(async (changeset, inner: Repo) =>
      changeset.putChange("stock", await inner.count(from(Product).where({ name: "Nested" }))),
    );
    await tx.update(counted);
  });
  await repo.get(Product, "nested", { tenant });
  stop();
  expect(spans.map(({ name, parent }) => [name, parent])).toEqual([
    ["transaction", undefined],
    ["insert products", "transaction"],
    ["update products", "transaction"],
    ["count products", "update products"],
    ["get products", undefined],
  ]);
});

test("two telemetries each have all spans, and each ends alone", async () => {
  const [one, two] = [recorder(), recorder()];
  const stops = [await startTelemetry({ api: one.api }), await startTelemetry({ api: two.api })];
  await repo.get(Product, "p1", { tenant });
  stops[0]!();
  stops[0]!();
  await repo.transactional(tenant, () => 1);
  stops[1]!();
  expect(one.spans.map(({ name, ended }) => [name, ended])).toEqual([["get products", true]]);
  expect(two.spans.map(({ name, ended }) => [name, ended])).toEqual([
    ["get products", true],
    ["transaction", true],
  ]);
});

test("a failure carries its type, and the store's own code where one is behind it", async () => {
  const { spans, metrics, tracer, meter } = recorder();
  const stop = await startTelemetry({ tracer, meter });
  const product = await repo.insert(Product, { id: "conflict", name: "Conflict" }, { tenant });
  const conflicting = repo.transactional(
    tenant,
    async (tx) => {
      await tx.getOrThrow(Product, "conflict");
      const other = new Repo({ engine: await repo.engine(), storageId: "shop" });
      await other.update(change(product, { stock: (Math.random() * 1e6) | 0 }));
      await tx.insert(Product, { id: "never", name: "Never" });
    },
    { retryLimit: 1 },
  );
  await expect(conflicting).rejects.toMatchObject({ code: "transaction_conflict" });
  stop();
  const transaction = spans.find(({ name }) => name === "transaction");
  expect(transaction).toMatchObject({
    status: 2,
    attributes: {
      "db.system.name": await systemOf(repo),
      "error.type": "transaction_conflict",
      "db.response.status_code": "1020",
      "plinth.attempts": 2,
    },
  });
  expect(metrics.filter(({ name }) => name === "plinth.transaction.retries")).toEqual([
    { name: "plinth.transaction.retries", value: 1, attributes: { "db.system.name": await systemOf(repo) } },
  ]);
});

test("without the package, what is missing is named", async () => {
  const { tracer } = recorder();
  const stop = await startTelemetry({ tracer, meter: null });
  stop();
  await expect(startTelemetry()).rejects.toThrow(/@opentelemetry\/api/);
});
