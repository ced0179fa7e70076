import "reflect-metadata";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { instrument, openEngine } from "../lib/engine/index.js";
import {
  change,
  create,
  Field,
  from,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  type Subscription,
  Sync,
  Tenant,
} from "../lib/index.js";
import { quantile } from "./harness/measure.js";
import type { Report } from "./harness/report.js";
import { installPeers } from "./records/peers.js";

@Schema("posts")
class Post {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare owner: string;
  @Field("integer") declare rank: number;
  @Field("string") declare body: string;
}

class Posts extends Migration {
  change() {
    return [create(metadata(Post)), create(index(Post, ["rank"])), create(index(Post, ["owner"]))];
  }
}

async function openShop(rows: number) {
  const engine = instrument(await openEngine("memory:"));
  const repo = new Repo({ engine, storageId: "bench", migrations: [[1, Posts]] });
  const tenant = await Tenant.openEmpty(repo, "sync");
  for (let begin = 0; begin < rows; begin += 1000) {
    await repo.transactional(tenant, async () => {
      for (let i = begin; i < Math.min(rows, begin + 1000); i++) await repo.insert(Post, post(i));
    });
  }
  const sync = new Sync(repo);
  const close = async () => {
    await sync.close();
    await repo.close();
    await engine.close();
  };
  return { engine, repo, tenant, sync, close };
}

type Shop = Awaited<ReturnType<typeof openShop>>;
const post = (i: number) => ({ id: `p${i}`, owner: `o${i % 100}`, rank: i, body: "body" });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function rename({ repo, tenant }: Shop, i: number, body: string): Promise<void> {
  const row = await repo.getOrThrow(Post, `p${i}`, { tenant });
  await repo.update(change(row, { body }));
}

type Listening = Pick<Subscription<{ list: never }>, "on">;

/** Milliseconds from each acknowledged update to its event. */
async function timesOf(shop: Shop, sub: Listening, rows: number, changes: number): Promise<number[]> {
  let told: ((at: number) => void) | undefined;
  sub.on("transition", () => told?.(performance.now()));
  const times: number[] = [];
  for (let i = 0; i < changes; i++) {
    const event = new Promise<number>((resolve) => {
      told = resolve;
    });
    await rename(shop, (i * 31) % rows, `body ${i}`);
    const acknowledged = performance.now();
    times.push(Math.max(0, (await event) - acknowledged));
  }
  return times;
}

async function oneRow(report: Report): Promise<void> {
  installPeers();
  const peer = (await import(pathToFileURL(join(process.cwd(), "bench/sync/pglite-live.mjs")).href)) as {
    liveChanges(rows: number, changes: number): Promise<number[]>;
  };
  const table: (string | number)[][] = [];
  for (const rows of [100, 10_000, 100_000]) {
    const shop = await openShop(rows);
    const sub = await shop.sync.subscribe(shop.tenant, { list: shop.sync.all(from(Post).orderBy("rank")) });
    const times = await timesOf(shop, sub as never, rows, 200);
    await pause(20);
    shop.engine.resetCounts();
    await shop.sync.close();
    const alone = new Sync(shop.repo);
    const again = await alone.subscribe(shop.tenant, { list: alone.all(from(Post).orderBy("rank")) });
    await pause(20);
    const row = await shop.repo.getOrThrow(Post, "p1", { tenant: shop.tenant });
    shop.engine.resetCounts();
    await shop.repo.update(change(row, { body: "counted" }));
    await pause(20);
    const { gets, rangeReads, watches, bytesRead } = shop.engine.counts;
    await again.close();
    await shop.close();
    const other = rows > 10_000 ? [] : await peer.liveChanges(rows, rows > 1000 ? 10 : 50);
    table.push([
      rows.toLocaleString("en-US"),
      gets - 1 + rangeReads + watches,
      bytesRead,
      quantile(times, 0.5),
      quantile(times, 0.99),
      other.length === 0 ? "not run" : quantile(other, 0.5),
    ]);
  }
  report.table(
    "One row of a live ordered list changes",
    ["rows", "requests", "bytes read", "p50, ms", "p99, ms", "PGlite `live.changes` p50, ms"],
    table,
  );
  report.text(
    "Requests are those of the transaction that brings the change, watch included; bytes also hold the row that the update itself read. " +
      "Times are from the acknowledged commit to the event in the same process.",
  );
}

async function atRate(report: Report): Promise<void> {
  const shop = await openShop(1000);
  const table: number[][] = [];
  for (const rate of [500, 1000, 2000]) {
    const sub = await shop.sync.subscribe(shop.tenant, { list: shop.sync.all(from(Post).orderBy("rank")) });
    const seen = new Map<string, number>();
    let events = 0;
    sub.on("change:list", (changes) => {
      events++;
      const now = performance.now();
      for (const one of changes) if (one.op === "update") seen.set(one.row.body, now);
    });
    const acknowledged = new Map<string, number>();
    const total = rate * 2;
    const started = performance.now();
    const writes: Promise<void>[] = [];
    for (let n = 0; n < total; ) {
      const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
      for (; n < due; n++) {
        const body = `${rate}/${n}`;
        writes.push(rename(shop, n % 1000, body).then(() => void acknowledged.set(body, performance.now())));
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(writes);
    const seconds = (performance.now() - started) / 1000;
    await pause(200);
    const times = [...acknowledged].flatMap(([body, at]) => {
      const event = seen.get(body);
      return event === undefined ? [] : [Math.max(0, event - at)];
    });
    table.push([
      rate,
      total / seconds,
      times.length,
      total,
      events,
      quantile(times, 0.5),
      quantile(times, 0.99),
    ]);
    await sub.close();
  }
  await shop.close();
  report.table(
    "Commits at a rate",
    ["wanted a second", "made a second", "told", "of", "events", "p50, ms", "p99, ms"],
    table,
  );
}

async function fanOut(report: Report): Promise<void> {
  const subscribers = 10_000;
  const shop = await openShop(1000);
  const before = heap();
  const live = () => ({ list: shop.sync.all(from(Post).orderBy("rank").limit(100)) });
  const subs = await Promise.all(
    Array.from({ length: subscribers }, () => shop.sync.subscribe(shop.tenant, live())),
  );
  const held = (heap() - before) / subscribers;
  let count = 0;
  const times: number[] = [];
  let acknowledged = 0;
  for (const sub of subs) {
    sub.on("transition", () => {
      count++;
      times.push(performance.now() - acknowledged);
    });
  }
  const rounds = 20;
  const evaluated = () => shop.sync.inspect().feeds.reduce((sum, feed) => sum + feed.evaluations, 0);
  const evaluations = evaluated();
  for (let i = 0; i < rounds; i++) {
    count = 0;
    acknowledged = performance.now();
    await rename(shop, 50, `body ${i}`);
    while (count < subscribers) await pause(1);
  }
  const perChange = (evaluated() - evaluations) / rounds;
  report.table(
    "10,000 subscribers of one query",
    ["evaluations a change", "p50, ms", "p99, ms", "heap a subscriber, bytes", "watches"],
    [[perChange, quantile(times, 0.5), quantile(times, 0.99), held, shop.sync.inspect().watches]],
  );
  report.text("Times are from the call of the update to each subscriber's listener, the commit included.");
  await shop.close();
}

async function manyQueries(report: Report): Promise<void> {
  const table: number[][] = [];
  for (const queries of [1000, 10_000, 100_000]) {
    const shop = await openShop(100);
    const before = heap();
    let told = 0;
    for (let i = 0; i < queries; i += 1000) {
      await Promise.all(
        Array.from({ length: 1000 }, async (_, j) => {
          const mine = shop.sync.allBy(Post, { owner: `q${i + j}` });
          const sub = await shop.sync.subscribe(shop.tenant, { mine });
          sub.on("change:mine", (changes) => {
            told += changes.length;
          });
        }),
      );
    }
    const held = (heap() - before) / queries;
    const rows = 5000;
    // Written while nobody watches the clock; then one read brings all of it through the matcher.
    const hub = performance.now();
    for (let begin = 0; begin < rows; begin += 1000) {
      await shop.repo.transactional(shop.tenant, async () => {
        for (let i = begin; i < begin + 1000; i++) {
          await shop.repo.insert(Post, { ...post(i + 1000), owner: `q${(i * 17) % queries}` });
        }
      });
    }
    while (told < rows) await pause(1);
    const { watches } = shop.sync.inspect();
    table.push([queries, held, (rows / (performance.now() - hub)) * 1000, watches]);
    await shop.close();
  }
  report.table(
    "Distinct live queries by equality",
    ["queries", "heap a query, bytes", "row changes a second, from insert to event", "watches"],
    table,
  );
}

async function snapshots(report: Report): Promise<void> {
  const shop = await openShop(10_000);
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const started = performance.now();
    const sub = await shop.sync.subscribe(shop.tenant, { list: shop.sync.all(from(Post).orderBy("rank")) });
    if (sub.value.list.length !== 10_000) throw new Error("Rows are missing.");
    times.push(performance.now() - started);
    await sub.close();
  }
  await shop.close();
  report.table("First snapshot of 10,000 rows", ["median, ms"], [[quantile(times, 0.5)]]);
}

export default async function run(report: Report): Promise<void> {
  await oneRow(report);
  await atRate(report);
  await fanOut(report);
  await manyQueries(report);
  await snapshots(report);
}
