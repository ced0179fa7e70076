import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import { check } from "./history/checker.js";
import { runWorkload, type WorkloadOptions } from "./history/workload.js";

const seed = Number(process.env.PLINTH_SEED ?? Date.now() % 1_000_000);
/** Transactions for each workload; three workloads run. */
const transactions = Number(process.env.PLINTH_RUNS ?? 7000);

/** A small seeded generator (mulberry32). */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const workloads: readonly Pick<WorkloadOptions, "kind" | "registers" | "concurrency">[] = [
  { kind: "skew", registers: 20, concurrency: 32 },
  { kind: "mixed", registers: 60, concurrency: 24 },
  { kind: "phantom", registers: 80, concurrency: 16 },
];

describe(`histories of concurrent transactions (seed ${seed})`, () => {
  for (const workload of workloads) {
    test(`${workload.kind}: ${transactions} transactions are strictly serializable`, async () => {
      const engine = await openEngine("memory:");
      const history = await runWorkload(engine, { ...workload, transactions, random: generator(seed) });
      await engine.close();
      expect(history.length).toBeGreaterThan(transactions * 0.8);
      expect(check(history)).toEqual([]);
    });

    test(`${workload.kind}: without the conflict check the checker finds violations`, async () => {
      const engine = await openEngine("memory:", { checkConflicts: false });
      const history = await runWorkload(engine, { ...workload, transactions: 1000, random: generator(seed) });
      await engine.close();
      expect(check(history).length).toBeGreaterThan(0);
    });
  }

  test("mixed, on a synced store: what is not durable yet is seen by nobody", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-history-"));
    const engine = await openEngine(`embedded:${folder}`);
    const history = await runWorkload(engine, {
      kind: "mixed",
      registers: 200,
      concurrency: 64,
      transactions: 2000,
      random: generator(seed),
    });
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
    expect(check(history)).toEqual([]);
  });
});
