import { tracingChannel } from "node:diagnostics_channel";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Logger, type Repo, type Tenant } from "../../lib/index.js";
import { Note, openShop, Product } from "./shop.js";

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
  expect(messages).toEqual(["insert products", "getBy products", "all  failed"]);
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
