import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { bundle } from "../engine/support.js";
import type { ConsumerLine, ConsumerOrders, Result } from "./kill/consumer-child.js";
import { runAndKill } from "./kill/run-and-kill.js";
import { random } from "./runs.js";

const wanted = Number(process.env.PLINTH_COMMITS ?? 60);
const seed = Number(process.env.PLINTH_SEED ?? 1);

test(
  `kill -9 again and again over ${wanted} commits: a consumer has one effect of each, and no other`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-consume-"));
    const file = await bundle("spec/sync/kill/consumer-child.ts");
    const next = random(seed);
    let commits = 0;
    let kills = 0;
    let crashes = 0;
    let result: Result | undefined;
    const live = async (finish: boolean): Promise<void> => {
      const orders: ConsumerOrders = {
        url: `embedded:${join(folder, "store")}`,
        seed: seed * 10_000 + kills,
        finish,
      };
      const lines = await runAndKill(
        file,
        orders,
        finish
          ? { line: '{"result"', count: 1, afterMs: 0 }
          : { line: '{"commits"', count: 1 + next(30), afterMs: next(30) },
      );
      kills++;
      for (const text of lines) {
        const line = JSON.parse(text) as ConsumerLine;
        if ("commits" in line) commits = line.commits;
        if ("crashed" in line) crashes++;
        if ("result" in line) result = line.result;
      }
    };
    try {
      while (commits < wanted) await live(false);
      await live(true);
      const { batches, ...counted } = result!;
      if (process.env.PLINTH_COMMITS !== undefined)
        process.stdout.write(`${JSON.stringify({ kills, crashes, ...result })}\n`);
      expect(counted.commits).toBeGreaterThanOrEqual(wanted);
      expect(counted).toEqual({
        commits: counted.commits,
        effects: counted.commits,
        wrong: [],
        mirrored: true,
      });
      if (wanted >= 1_000) {
        expect(crashes).toBeGreaterThan(0);
        expect(Object.keys(batches).sort()).toEqual(["owner 1", "owner 2"]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
      rmSync(file, { force: true });
    }
  },
  120_000 + wanted * 300,
);
