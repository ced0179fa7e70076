import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { AnyTransition } from "../../lib/sync/live/transition.js";
import { type Packed, unpack } from "../../lib/wire/read/index.js";
import { bundle } from "../engine/support.js";
import type { ReaderLine, ReaderOrders } from "./kill/reader-child.js";
import { runAndKill } from "./kill/run-and-kill.js";
import { Truth } from "./kill/truth.js";
import { random } from "./runs.js";

/** Kills of a reader that has gone on from the cursor of the one before. */
const kills = Number(process.env.PLINTH_KILLS ?? 3);
const seed = Number(process.env.PLINTH_SEED ?? 1);

test(
  `kill -9 ${kills} times: a reader that goes on in another process misses nothing and sees nothing twice`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-kill-"));
    const file = await bundle("spec/sync/kill/reader-child.ts");
    const next = random(seed);
    const truth = new Truth();
    let cursor: string | undefined;
    let resumed = 0;
    let alone = 0;
    const take = (line: ReaderLine): void => {
      if ("journal" in line) truth.journal(line.journal);
      if ("ready" in line) truth.judge();
      if (!("told" in line)) return;
      const { json, tag } = JSON.parse(line.told) as Packed;
      cursor = truth.tell(unpack(json, tag) as AnyTransition) ?? cursor;
    };
    try {
      while (resumed < kills) {
        // Some lives end before anybody reads, and what they wrote is missed for longer.
        const reads = cursor === undefined || next(8) !== 0;
        const orders: ReaderOrders = {
          url: `embedded:${join(folder, "store")}`,
          seed: seed * 1_000_000 + resumed * 1_000 + alone,
          journal: truth.newest,
          cursor,
          alone: reads ? next(4) * next(8) : undefined,
        };
        const kill = reads
          ? { line: '{"told"', count: 1 + next(15), afterMs: next(4) }
          : { line: '{"ready"', count: 1, afterMs: next(60) };
        const lines = await runAndKill(file, orders, kill);
        if (!reads) alone++;
        else if (cursor !== undefined) resumed++;
        for (const line of lines) take(JSON.parse(line) as ReaderLine);
        expect(truth.faults).toEqual([]);
      }
      // One more life tells what the last ones wrote.
      const orders = { url: `embedded:${join(folder, "store")}`, seed, journal: truth.newest };
      const lines = await runAndKill(file, orders, { line: '{"ready"', count: 1, afterMs: 0 });
      for (const line of lines) take(JSON.parse(line) as ReaderLine);
      expect(truth.faults).toEqual([]);
      const { commits, transitions, tests } = truth;
      const counted = { resumed, killedBeforeReading: alone, commits, transitions, tests };
      if (process.env.PLINTH_KILLS !== undefined) process.stdout.write(`${JSON.stringify(counted)}\n`);
      expect(tests).toBe(transitions);
      expect(transitions).toBeGreaterThan(resumed);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(file, { force: true });
    }
  },
  60_000 + kills * 6_000,
);
