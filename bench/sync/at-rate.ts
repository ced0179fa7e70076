import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../lib/engine/index.js";
import { from } from "../../lib/index.js";
import { quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import { posts } from "./data.js";
import { openOn, type PlinthStore, Post } from "./plinth.js";

const ROWS = 1000;
const SECONDS = 2;
const RATES = [500, 1000, 2000];

async function measure({ sync, tenant, rename }: PlinthStore, rate: number): Promise<readonly number[]> {
  const sub = await sync.subscribe(tenant, { list: sync.all(from(Post).orderBy("rank")) });
  const { list } = sub.value;
  const seen = new Map<string, number>();
  const acknowledged = new Map<string, number>();
  const total = rate * SECONDS;
  let events = 0;
  let complete = () => {};
  const all = new Promise<void>((resolve) => {
    complete = resolve;
  });
  sub.on("change:list", (changes) => {
    events++;
    const now = performance.now();
    for (const one of changes) if (one.op === "update") seen.set(one.row.body, now);
    if (seen.has(`${rate}/${total - 1}`)) complete();
  });
  const started = performance.now();
  const writes: Promise<void>[] = [];
  for (let n = 0; n < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * rate));
    for (; n < due; n++) {
      const body = `${rate}/${n}`;
      writes.push(rename(list[n % ROWS]!, body).then(() => void acknowledged.set(body, performance.now())));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(writes);
  const seconds = (performance.now() - started) / 1000;
  await all;
  // An update that the next one of its row has overtaken has no event of its own.
  const told = [...acknowledged].filter(([body]) => seen.has(body));
  const times = told.map(([body, at]) => Math.max(0, seen.get(body)! - at));
  await sub.close();
  return [rate, total / seconds, times.length, events, quantile(times, 0.5), quantile(times, 0.99)];
}

/** Commits at a steady rate, from the acknowledgement of each to its event in the same process. */
export async function atRate(report: Report, targets: Targets): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const table: (string | number)[][] = [];
  try {
    for (const [name, url] of [
      ["`memory:`", "memory:"],
      ["`embedded:`, flushed", `embedded:${folder}`],
    ] as const) {
      const store = await openOn(await openEngine(url));
      await store.load(posts(ROWS));
      for (const rate of RATES) table.push([name, ...(await measure(store, rate))]);
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [, , , , , p50] = table[RATES.length - 1]!;
  targets.atMost("acknowledged to event at 2,000 commits a second, p50 ms", 2, Number(p50));
  report.table(
    `Commits at a rate, in a live ordered list of ${ROWS.toLocaleString("en-US")} rows, Plinth`,
    [
      "store",
      "wanted a second",
      "made a second",
      "commits told",
      "events",
      "acknowledged to event, p50 ms",
      "p99 ms",
    ],
    table,
  );
}
