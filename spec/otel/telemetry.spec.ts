import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { from, type Repo, type Tenant } from "../../lib/index.js";
import { type Attributes, startTelemetry } from "../../lib/otel/index.js";
import { openShop, Product } from "../repo/shop.js";

interface Recorded {
  readonly name: string;
  attributes: Attributes;
  status: number | undefined;
  ended: boolean;
}

function recorder() {
  const spans: Recorded[] = [];
  const metrics: { readonly name: string; readonly value: number; readonly attributes: Attributes }[] = [];
  const tracer = {
    startSpan(name: string, options: { attributes?: Attributes } = {}) {
      const span: Recorded = { name, attributes: { ...options.attributes }, status: undefined, ended: false };
      spans.push(span);
      return {
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
  return { spans, metrics, tracer, meter };
}

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop());
});
afterAll(() => repo.close());

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
  expect(insert?.attributes).toMatchObject({
    "db.system.name": "plinth",
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

test("without the package, what is missing is named", async () => {
  const { tracer } = recorder();
  const stop = await startTelemetry({ tracer, meter: null });
  stop();
  await expect(startTelemetry()).rejects.toThrow(/@opentelemetry\/api/);
});
