import { setTimeout as sleep } from "node:timers/promises";
import {
  change,
  create,
  Field,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../lib/index.js";
import { syncHandler } from "../lib/web/index.js";
import { loadAverage, type Report } from "./harness/report.js";

@Schema("quotes")
class Quote {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string;
  @Field("integer") declare price: number;
}

class Quotes extends Migration {
  change() {
    return [create(metadata(Quote))];
  }
}

const clients = 1_000;
const rows = 100;
const changes = 30;

interface Measured {
  readonly lastMs: readonly number[];
  readonly cpuMs: number;
  readonly bytes: number;
}

const quantile = (values: readonly number[], part: number): string =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))]!.toFixed(0);

/** Changes one row at a time, and waits each time until every client has got the last byte of it. */
async function measure(repo: Repo, tenant: Tenant, arrived: () => { count: number; bytes: number }) {
  const lastMs: number[] = [];
  const before = arrived();
  const cpu = process.cpuUsage();
  for (let i = 1; i <= changes; i++) {
    const quote = (await repo.get(Quote, `q${i}`, { tenant }))!;
    await repo.update(change(quote, { price: i }));
    const committed = performance.now();
    while (arrived().count < before.count + i * clients)
      await new Promise((resolve) => setImmediate(resolve));
    lastMs.push(performance.now() - committed);
    await sleep(20);
  }
  const { user, system } = process.cpuUsage(cpu);
  const bytes = (arrived().bytes - before.bytes) / clients / changes;
  return { lastMs, cpuMs: (user + system) / 1_000 / clients / changes, bytes } satisfies Measured;
}

async function store(): Promise<[Repo, Tenant]> {
  const repo = new Repo({ url: "memory:", storageId: "bench", migrations: [[1, Quotes]] });
  const tenant = await Tenant.openEmpty(repo, "web");
  await repo.transactional(tenant, async (tx) => {
    for (let i = 0; i < rows; i++) await tx.insert(Quote, { id: `q${i}`, text: "x".repeat(200), price: 0 });
  });
  return [repo, tenant];
}

const heap = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
};

async function streamed(): Promise<[Measured, heapPerClient: number]> {
  const [repo, tenant] = await store();
  const sync = new Sync(repo);
  const live = syncHandler(sync, () => ({ tenant, queries: { quotes: sync.all(Quote) } }));
  let count = 0;
  let bytes = 0;
  const before = heap();
  const readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
  for (let i = 0; i < clients; i++) {
    const response = await live(new Request("http://localhost/live"));
    const reader = response.body!.getReader();
    readers.push(reader);
    void (async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        bytes += value.length;
        // Heartbeats and progress are no change.
        if (Buffer.from(value).includes('"changes"')) count++;
      }
    })();
  }
  await sleep(500);
  const heapPerClient = (heap() - before) / clients;
  const measured = await measure(repo, tenant, () => ({ count, bytes }));
  for (const reader of readers) await reader.cancel();
  await sync.close();
  await repo.close();
  return [measured, heapPerClient];
}

/** What is done without live queries: a signal, and each client is sent what a query gives now. */
async function resent(): Promise<Measured> {
  const [repo, tenant] = await store();
  const sync = new Sync(repo);
  const signal = await sync.subscribe(tenant, { quotes: sync.signal(Quote) });
  let count = 0;
  let bytes = 0;
  signal.on("change", () => {
    for (let i = 0; i < clients; i++) {
      void repo.all(Quote, { tenant }).then((all) => {
        bytes += Buffer.byteLength(JSON.stringify(all));
        count++;
      });
    }
  });
  const measured = await measure(repo, tenant, () => ({ count, bytes }));
  await sync.close();
  await repo.close();
  return measured;
}

/** 1,000 browsers that watch one query, without the network between. */
export default async function web(report: Report): Promise<void> {
  const before = loadAverage();
  const [live, heapPerClient] = await streamed();
  const again = await resent();
  const row = (name: string, { lastMs, cpuMs, bytes }: Measured, memory: string) => [
    name,
    quantile(lastMs, 0.5),
    quantile(lastMs, 0.99),
    cpuMs.toFixed(3),
    bytes.toFixed(0),
    memory,
  ];
  report.table(
    `${clients} clients of one query of ${rows} rows; ${changes} changes of one row`,
    [
      "server",
      "commit to last byte, p50 ms",
      "p99 ms",
      "CPU ms per client and change",
      "bytes per client and change",
      "heap per client, bytes",
    ],
    [
      row("syncHandler", live, heapPerClient.toFixed(0)),
      row("the query again for each client, and the whole answer", again, "-"),
    ],
  );
  report.text(
    "One process, the embedded engine in memory; bytes are those of the bodies, before compression.",
  );
  report.text(`Load average of the machine before: ${before}; after: ${loadAverage()}.`);
}
