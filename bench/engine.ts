import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "lmdb";
import { type Engine, firstGreaterOrEqual, openEngine, transact } from "../lib/engine/index.js";
import { largeWork } from "./engine/large-work.js";
import { compare, quantile, rate } from "./harness/measure.js";
import type { Report } from "./harness/report.js";

const ROWS = 100_000;
const VALUE = Buffer.alloc(100, 7);
const keyAt = (i: number): Buffer => Buffer.from(`key${String(i % ROWS).padStart(10, "0")}`);
/** Keys in an order that jumps around. */
const keys = Array.from({ length: ROWS }, (_, i) => keyAt((i * 7919) % ROWS));
const END = Buffer.from("kez");

/** The embedded engine beside raw `lmdb` doing the same work with the same page size. */
export default async function engine(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const raw = open<Buffer, Buffer>(join(folder, "raw.mdb"), {
    pageSize: 8192,
    encoding: "binary",
    keyEncoding: "binary",
    noSubdir: true,
  });
  const sync = await openEngine(`embedded:${join(folder, "sync")}`);
  const relaxed = await openEngine(`embedded:${join(folder, "relaxed")}`, { durability: "relaxed" });
  const commit = (store: Engine) => (i: number) => {
    const tx = store.begin();
    tx.set(keys[i % ROWS]!, VALUE);
    return tx.commit();
  };
  const durablePut = async (i: number): Promise<void> => {
    await raw.put(keys[i % ROWS]!, VALUE);
    await raw.flushed;
  };
  try {
    const rows: (readonly (string | number)[])[] = [];
    const line = (work: string, plinth: number, lmdb: number): void => {
      rows.push([work, plinth, lmdb, plinth / lmdb]);
    };

    const relaxedWrites = await compare({
      plinth: () => rate(ROWS, 1000, commit(relaxed)),
      lmdb: () => rate(ROWS, 1000, (i) => raw.put(keys[i]!, VALUE)),
    });
    await raw.flushed;
    const single = await compare({
      plinth: () => rate(500, 1, commit(sync)),
      lmdb: () => rate(500, 1, durablePut),
    });
    const sixteen = await compare({
      plinth: () => rate(4000, 16, commit(sync)),
      lmdb: () => rate(4000, 16, durablePut),
    });
    const thousand = await compare({
      plinth: () => rate(20_000, 1000, commit(sync)),
      lmdb: () => rate(20_000, 1000, durablePut),
    });
    // Past the five seconds in which recent writes are also kept in memory: reads come from the file.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const reads = await compare({
      plinth: () => rate(ROWS, 1, (i) => relaxed.begin().get(keys[i]!)),
      lmdb: () => rate(ROWS, 1, (i) => raw.get(keys[i]!)),
    });
    const ranges = await compare({
      plinth: () =>
        rate(3000, 1, (i) =>
          relaxed.begin().getRange(firstGreaterOrEqual(keys[i]!), firstGreaterOrEqual(END), { limit: 100 }),
        ),
      lmdb: () => rate(3000, 1, (i) => [...raw.getRange({ start: keys[i]!, end: END, limit: 100 })]),
    });
    line("point read, a transaction each", reads.plinth, reads.lmdb);
    line("range read of 100 keys", ranges.plinth, ranges.lmdb);
    line("relaxed commit of 1 write, 1,000 in flight", relaxedWrites.plinth, relaxedWrites.lmdb);
    line("sync commit of 1 write, one at a time", single.plinth, single.lmdb);
    line("sync commit of 1 write, 16 at a time", sixteen.plinth, sixteen.lmdb);
    line("sync commit of 1 write, 1,000 in flight", thousand.plinth, thousand.lmdb);
    report.text(
      `${ROWS.toLocaleString("en-US")} keys of 13 bytes with 100-byte values; medians of three rounds. Raw LMDB ` +
        "is `lmdb` with `put` (relaxed) or `put` and `flushed` (sync), `get`, `getRange`: no isolation, versions or watches.",
    );
    report.table("Operations a second", ["work", "Plinth", "raw lmdb", "ratio"], rows);
    report.table(
      "Burst: 4,000 read-modify-writes of 3 records, 1,000 at a time",
      ["durability", "seconds", "attempts"],
      [
        ["sync", ...(await burst(sync))],
        ["relaxed", ...(await burst(relaxed))],
      ],
    );
    report.table(
      "From the call of commit to the fired watch, in ms",
      ["durability", "p50", "p99"],
      [
        ["sync", ...(await watchLatency(sync))],
        ["relaxed", ...(await watchLatency(relaxed))],
      ],
    );
    await largeWork(report);
  } finally {
    await sync.close();
    await relaxed.close();
    await raw.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function burst(store: Engine): Promise<[seconds: number, attempts: number]> {
  let attempts = 0;
  const perSecond = await rate(4000, 1000, (i) =>
    transact(store, async (tx) => {
      attempts++;
      const key = Buffer.from(`burst${i % 3}`);
      const seen = Number((await tx.get(key)) ?? 0);
      tx.set(key, Buffer.from(String(seen + 1)));
    }),
  );
  return [4000 / perSecond, attempts];
}

async function watchLatency(store: Engine): Promise<[p50: number, p99: number]> {
  const key = Buffer.from("watched");
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const watching = store.begin();
    const watch = watching.watch(key);
    await watching.commit();
    const change = store.begin();
    change.set(key, Buffer.from(String(i)));
    const started = performance.now();
    const committed = change.commit();
    await watch.promise;
    times.push(performance.now() - started);
    await committed;
  }
  return [quantile(times, 0.5), quantile(times, 0.99)];
}
