import { tracingChannel } from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { change, from, type Logger, type OperationTrace, Repo, type Tenant } from "../../lib/index.js";
import { Note, openShop, Product, Review } from "./shop.js";

const lines: { level: string; facts: Record<string, unknown>; message: string }[] = [];
const log = (level: string) => (facts: object, message: string) =>
  lines.push({ level, facts: { ...facts }, message });
const logger: Logger = { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };

let repo: Repo;
let tenant: Tenant;
beforeAll(async () => {
  ({ repo, tenant } = await openShop({ logger }));
});
afterAll(() => repo.close());

test("each operation has one line in the log, with its facts", async () => {
  await repo.insert(Product, { id: "a", name: "Logged" }, { tenant });
  await repo.getBy(Product, { name: "Logged" }, { tenant });
  await expect(repo.all({} as never, { tenant })).rejects.toThrow();
  const messages = lines.map(({ message }) => message);
  expect(messages).toEqual(["insert products", "getBy products", "all failed"]);
  expect(lines[1]?.facts).toMatchObject({
    schema: "Product",
    tenant: tenant.id,
    index: "products_name_index",
    rows: 1,
    requests: 2,
    attempts: 1,
  });
  expect(lines[1]?.facts.durationMs).toBeGreaterThan(0);
});

test("the channel tells start and end, and a stream tells each page", async () => {
  const events: string[] = [];
  const channel = tracingChannel<unknown, { operation: string; rows: number | undefined }>(
    "plinth:operation",
  );
  const subscriber = {
    start: ({ operation }: { operation: string }) => events.push(`start ${operation}`),
    asyncEnd: ({ operation, rows }: { operation: string; rows: number | undefined }) =>
      events.push(`end ${operation} ${rows}`),
  } as never;
  channel.subscribe(subscriber);
  await repo.insertAll(Note, [{ id: "1" }, { id: "2" }, { id: "3" }], { tenant });
  for await (const _ of repo.stream(Note, { tenant, batch: 2 }));
  channel.unsubscribe(subscriber);
  expect(events).toEqual([
    "start insertAll",
    "end insertAll 3",
    "start stream",
    "end stream 2",
    "start stream",
    "end stream 1",
  ]);
});

test("a function of afterCommit that fails is logged, and the transaction stands", async () => {
  await repo.transactional(tenant, async () => {
    await repo.insert(Note, { id: "stands" });
    repo.afterCommit(() => {
      throw new Error("after");
    });
  });
  expect(await repo.get(Note, "stands", { tenant })).not.toBeNull();
  expect(lines.find(({ level }) => level === "error")?.facts.err).toMatchObject({ message: "after" });
});

test("so is one that is given outside of a transaction, and nothing else comes of it", async () => {
  repo.afterCommit(() => Promise.reject(new Error("alone")));
  await new Promise(setImmediate);
  expect(lines.filter(({ level }) => level === "error").at(-1)?.facts.err).toMatchObject({
    message: "alone",
  });
});

const calls: readonly (readonly [string, () => Promise<unknown>, Partial<OperationTrace>])[] = [
  ["get", () => repo.get(Product, "a", { tenant }), { rows: 1, requests: 1 }],
  ["getOrThrow", () => repo.getOrThrow(Product, "a", { tenant }), { rows: 1, requests: 1 }],
  [
    "getBy",
    () => repo.getBy(Product, { name: "Logged" }, { tenant }),
    { rows: 1, requests: 2, index: "products_name_index" },
  ],
  [
    "getByOrThrow",
    () => repo.getByOrThrow(Product, { name: "Logged" }, { tenant }),
    { rows: 1, requests: 2, index: "products_name_index" },
  ],
  ["one", () => repo.one(from(Product).limit(1), { tenant }), { rows: 1, requests: 1 }],
  ["oneOrThrow", () => repo.oneOrThrow(from(Product).limit(1), { tenant }), { rows: 1, requests: 1 }],
  ["all", () => repo.all(Product, { tenant }), { rows: 1, requests: 1 }],
  [
    "allBy",
    () => repo.allBy(Product, { name: "Logged" }, { tenant }),
    { rows: 1, requests: 2, index: "products_name_index" },
  ],
  ["allRange", () => repo.allRange(Product, "a", "b", { tenant }), { rows: 1, requests: 1 }],
  ["page", () => repo.page(Product, { limit: 1, tenant }), { rows: 1, requests: 1 }],
  ["stream", () => repo.stream(Product, { tenant }).next(), { rows: 1, requests: 1 }],
  ["exists", () => repo.exists(Product, { tenant }), { rows: 1, requests: 1 }],
  [
    "count",
    () => repo.count(from(Product).where({ name: "Logged" }), { tenant }),
    { requests: 1, index: "products_name_index" },
  ],
  [
    "aggregate",
    () => repo.aggregate(Product, "max", "name", { tenant }),
    { rows: 1, requests: 1, index: "products_name_index" },
  ],
  ["reload", () => repo.reload(product), { rows: 1, requests: 1 }],
  ["preload", () => repo.preload(product, "reviews"), { rows: 1, requests: 1, bytes: 0 }],
  ["explain", () => repo.explain(from(Product), { tenant }), { requests: 0, bytes: 0 }],
  [
    "insert",
    () => repo.insert(Product, { id: "b", name: "B" }, { tenant }),
    { rows: 1, requests: 1, bytes: 0 },
  ],
  [
    "insertAll",
    () => repo.insertAll(Product, [{ id: "c", name: "C" }], { tenant }),
    { rows: 1, requests: 1, bytes: 0 },
  ],
  ["insertOrUpdate", () => repo.insertOrUpdate(change(product, { stock: 7 })), { rows: 1, requests: 1 }],
  ["update", () => repo.update(change(product, { stock: 8 })), { rows: 1, requests: 1 }],
  [
    "updateAll",
    () => repo.updateAll(from(Product).where({ id: "c" }), { stock: 1 }, { tenant }),
    { rows: 1, requests: 1 },
  ],
  ["deleteAll", () => repo.deleteAll(from(Product).where({ id: "c" }), { tenant }), { rows: 1, requests: 1 }],
  ["delete", () => repo.delete(product), { rows: 1, requests: 1 }],
];
let product: Product;

test.each(calls)("%s tells every fact on the channel", async (operation, run, facts) => {
  product = await repo.insert(Product, { id: "a", name: "Logged" }, { tenant, onConflict: "replaceAll" });
  // The first use of a source reads its list of indexes.
  await repo.exists(Review, { tenant });
  const told: OperationTrace[] = [];
  const listen = (trace: unknown) => told.push({ ...(trace as OperationTrace) });
  const channel = tracingChannel("plinth:operation");
  channel.asyncEnd.subscribe(listen);
  await run();
  channel.asyncEnd.unsubscribe(listen);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({
    operation,
    schema: "Product",
    source: "products",
    system: (await repo.engine()).kind,
    tenant: tenant.id,
    attempts: 1,
    readVersion: expect.any(BigInt),
    durationMs: expect.any(Number),
    ...facts,
  });
  expect(told[0]).toHaveProperty("index", facts.index);
  if (facts.bytes === undefined) expect(told[0]!.bytes).toBeGreaterThan(0);
  expect(told[0]!.durationMs).toBeGreaterThan(0);
});

test("operations inside of a transaction tell its attempts, and batches add up", async () => {
  const told: OperationTrace[] = [];
  const listen = (trace: unknown) => told.push({ ...(trace as OperationTrace) });
  const channel = tracingChannel("plinth:operation");
  const other = new Repo({ engine: await repo.engine(), storageId: "shop" });
  await repo.insertAll(
    Note,
    ["1", "2", "3", "4", "5"].map((id) => ({ id: `batch ${id}` })),
    { tenant },
  );
  channel.asyncEnd.subscribe(listen);
  let attempts = 0;
  await repo.transactional(tenant, async (tx) => {
    const note = await tx.getOrThrow(Note, "batch 1");
    if (attempts++ === 0)
      await other.insert(Note, { id: "batch 1", text: "else" }, { tenant, onConflict: "replaceAll" });
    await tx.update(change(note, { text: `${note.text}!` }));
  });
  await repo.updateAll(
    from(Note).where({ id: { startsWith: "batch " } }),
    { text: "all" },
    { tenant, batch: 2 },
  );
  channel.asyncEnd.unsubscribe(listen);
  const shown = told.map(({ operation, attempts: of, rows, requests }) => [operation, of, rows, requests]);
  expect(shown.filter(([operation]) => operation !== "insert")).toEqual([
    ["getOrThrow", 1, 1, 1],
    ["update", 1, 1, 1],
    ["getOrThrow", 2, 1, 1],
    ["update", 2, 1, 1],
    // 3 ranges, and the 5 records of them are not read again to be written.
    ["updateAll", 1, 5, 3],
  ]);
});
