/** Work on many rows beside commits: a backup, and a range that is cleared. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backupStore, type Engine, openEngine } from "../../lib/engine/index.js";
import type { Report } from "../harness/report.js";
import { type AtRate, commitsAtRate } from "./commits-at-rate.js";

const ROWS = Number(process.env.PLINTH_ROWS ?? 1_000_000);
const RATE = 2000;
const VALUE = Buffer.alloc(100, 7);
const keyAt = (i: number): Buffer => Buffer.from(`row${String(i).padStart(10, "0")}`);
/** Rows all over the file. */
const anyKey = (i: number): Buffer => keyAt((i * 7919) % ROWS);
const otherKey = (i: number): Buffer => Buffer.from(`other${i % 1000}`);

export async function largeWork(report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const url = `embedded:${join(folder, "store")}`;
  try {
    await fill(url);
    const store = await openEngine(url);
    const rows: (readonly (string | number)[])[] = [];
    const line = (
      beside: string,
      work: number | string,
      { perSecond, p50, p99 }: AtRate,
      turn: number,
    ): void => {
      rows.push([beside, work, perSecond, p50, p99, turn]);
    };
    try {
      const alone = await longestTurn(() => commitsFor(store, anyKey, 5000));
      line("nothing", "-", alone.result, alone.ms);
      const copied = await longestTurn(() =>
        beside(store, anyKey, () => backupStore(store, join(folder, "copy"))),
      );
      line("a backup", copied.result.seconds, copied.result, copied.ms);
      const cleared = await longestTurn(() => beside(store, otherKey, () => clearAll(store)));
      line("a clear of all rows", cleared.result.seconds, cleared.result, cleared.ms);
    } finally {
      await store.close();
    }
    report.text(
      `${ROWS.toLocaleString("en-US")} rows of 100 bytes, ${RATE.toLocaleString("en-US")} commits a second wanted. A clear ` +
        "is over when no row of it is left in the file; it begins six seconds after its commit. The longest turn is processor " +
        "time of one turn of the event loop and of the threads beside it.",
    );
    report.table(
      "Commits beside work on many rows, in ms",
      ["beside", "seconds", "commits a second", "p50", "p99", "longest turn"],
      rows,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(url: string): Promise<void> {
  const store = await openEngine(url, { durability: "relaxed" });
  for (let i = 0; i < ROWS; ) {
    const tx = store.begin();
    for (const end = Math.min(ROWS, i + 1000); i < end; i++) tx.set(keyAt(i), VALUE);
    await tx.commit();
  }
  await store.close();
}

function commitsFor(store: Engine, key: (i: number) => Buffer, ms: number): Promise<AtRate> {
  const started = performance.now();
  return commitsAtRate(store, RATE, key, () => performance.now() - started > ms);
}

async function beside(
  store: Engine,
  key: (i: number) => Buffer,
  run: () => Promise<unknown>,
): Promise<AtRate> {
  let done = false;
  const work = run().finally(() => {
    done = true;
  });
  const rate = await commitsAtRate(store, RATE, key, () => done);
  await work;
  return rate;
}

/** The clear, and the removal of its rows from the file, by what the store says of itself. */
async function clearAll(store: Engine): Promise<void> {
  const { overlay } = (store as unknown as { store: { overlay: { clears: { empty: boolean } } } }).store;
  const tx = store.begin();
  tx.clearRange(keyAt(0), keyAt(ROWS));
  await tx.commit();
  while (!overlay.clears.empty) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The most processor time between two turns of the event loop while `run` runs. */
async function longestTurn<T>(run: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  let most = 0;
  let on = true;
  let before = process.cpuUsage();
  const turn = (): void => {
    const { user, system } = process.cpuUsage(before);
    most = Math.max(most, (user + system) / 1000);
    before = process.cpuUsage();
    if (on) setImmediate(turn);
  };
  setImmediate(turn);
  const result = await run();
  on = false;
  return { result, ms: most };
}
