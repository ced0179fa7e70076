import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  create,
  Field,
  InsertedAt,
  index,
  Migration,
  Migrator,
  PrimaryKey,
  Repo,
  Schema,
  Tenant,
} from "../lib/index.js";
import { quantile } from "./harness/measure.js";
import type { Report } from "./harness/report.js";

@Schema("people")
class Person {
  @PrimaryKey("binary_id") declare id: string;
  @Field("string") declare name: string;
  @Field("string") declare city: string;
  @InsertedAt() declare insertedAt: Date;
}

class ByCity extends Migration {
  override change() {
    return [create(index(Person, ["city", "name"]))];
  }
}

class ByName extends Migration {
  override change() {
    return [create(index(Person, ["name"]))];
  }
}

const SIZES = (process.env.PLINTH_BENCH_ROWS ?? "500000,1000000").split(",").map(Number);
const BASELINE_MS = 5_000;
/** The engine keeps what was written for five seconds; a base taken earlier would hold the first build's entries. */
const FORGOTTEN_MS = 7_000;

const person = (i: number) => ({
  id: `p${String(i).padStart(9, "0")}`,
  name: `Person ${(i * 7919) % 100_003}`,
  city: `City ${i % 997}`,
});

/** Building an index over rows that are there, while others go on inserting. */
export default async function migrations(report: Report): Promise<void> {
  report.text(
    "Embedded engine, relaxed durability for the load, sync for the build. One inserter runs all the time, one " +
      "insert after the other; its latency is taken before and during the build. Memory is of a second build on the " +
      "same rows: what is in use after a forced garbage collection every half second.",
  );
  const builds: (string | number)[][] = [];
  const latencies: (string | number)[][] = [];
  for (const size of SIZES) {
    const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
    try {
      await load(folder, size);
      const result = await build(folder, size);
      builds.push([size, result.seconds, result.rows / result.seconds, result.heapMb, result.rssMb]);
      latencies.push([`${size} rows, before`, ...spread(result.before)]);
      latencies.push([`${size} rows, during the build`, ...spread(result.during)]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  report.table(
    "Index build",
    ["rows", "seconds", "rows a second", "heap in use over that before, peak MB", "resident, peak MB"],
    builds,
  );
  report.table("Latency of an insert, ms", ["when", "inserts", "p50", "p99", "max"], latencies);
}

async function load(folder: string, size: number): Promise<void> {
  const { openEngine } = await import("../lib/engine/index.js");
  const engine = await openEngine(`embedded:${folder}`, { durability: "relaxed" });
  const repo = new Repo({ engine, storageId: "bench" });
  const tenant = await Tenant.openOrCreate(repo, "t");
  for (let at = 0; at < size; at += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, size - at) }, (_, i) => person(at + i));
    await repo.insertAll(Person, rows, { tenant, batch: 1_000, conflictTarget: [] });
  }
  await repo.close();
  await engine.close();
}

async function build(folder: string, size: number) {
  const repo = new Repo({ url: `embedded:${folder}`, storageId: "bench" });
  const tenant = await Tenant.open(repo, "t");
  let times: number[] = [];
  let inserted = 0;
  let running = true;
  const inserter = (async () => {
    while (running) {
      const started = performance.now();
      await repo.insert(Person, person(size + inserted++), { tenant });
      times.push(performance.now() - started);
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, BASELINE_MS));
  const before = times;
  times = [];
  const started = performance.now();
  await Migrator.up(repo, tenant, [[1, ByCity]]);
  const seconds = (performance.now() - started) / 1000;
  const during = times;
  running = false;
  await inserter;
  await new Promise((resolve) => setTimeout(resolve, FORGOTTEN_MS));
  const { heap, rss } = await peakOf(() =>
    Migrator.up(repo, tenant, [
      [1, ByCity],
      [2, ByName],
    ]),
  );
  await repo.close();
  return { seconds, rows: size, before, during, heapMb: heap / 2 ** 20, rssMb: rss / 2 ** 20 };
}

/** Peaks of what is alive and of what the process holds while `work` runs. */
async function peakOf(work: () => Promise<unknown>): Promise<{ heap: number; rss: number }> {
  const alive = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const base = alive();
  let heap = 0;
  let rss = 0;
  const sampler = setInterval(() => {
    rss = Math.max(rss, process.memoryUsage().rss);
    heap = Math.max(heap, alive() - base);
  }, 500);
  await work();
  clearInterval(sampler);
  return { heap, rss };
}

const spread = (times: readonly number[]) => [
  times.length,
  quantile(times, 0.5),
  quantile(times, 0.99),
  Math.max(...times),
];
