import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine, readRangeAll } from "../../../lib/engine/index.js";
import { bundle } from "../support.js";
import { ACCOUNTS, decode, START } from "./bank.js";

export interface Counters {
  kills: number;
  /** Transfers that a child was told are committed. */
  acknowledged: number;
  /** Acknowledged transfers that were missing after the crash. */
  lost: number;
  /** In a relaxed store: losses with a later acknowledged transfer present. */
  gaps: number;
  /** Found in the store without an acknowledgement: killed between commit and acknowledgement. */
  unacknowledged: number;
  /** Restarts at which balances did not follow from the transfers in the store. */
  torn: number;
}

/** Runs the child until `afterMs` past its first word, kills it, and returns what it acknowledged. */
function runAndKill(file: string, args: readonly string[], afterMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    let killed = false;
    child.stdout.on("data", (chunk: Buffer) => {
      const first = output === "";
      output += chunk.toString("latin1");
      if (first) {
        setTimeout(() => {
          killed = true;
          child.kill("SIGKILL");
        }, afterMs);
      }
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("close", () => {
      if (!killed) reject(new Error(`The child ended by itself: ${errors}`));
      // A line cut by the kill was not acknowledged.
      else
        resolve(
          output
            .split("\n")
            .slice(0, -1)
            .filter((line) => line !== "ready"),
        );
    });
  });
}

/** The transfers in the store, and whether every balance follows from them. */
async function inspect(path: string): Promise<{ transfers: Set<string>; consistent: boolean }> {
  const engine = await openEngine(`embedded:${path}`);
  try {
    const tx = engine.begin();
    const accounts = await readRangeAll(tx, Buffer.from("account/"), Buffer.from("account0"));
    const rows = await readRangeAll(tx, Buffer.from("transfer/"), Buffer.from("transfer0"));
    const expected = new Array<number>(ACCOUNTS).fill(START);
    const transfers = new Set<string>();
    for (const [key, value] of rows) {
      transfers.add(Buffer.from(key).toString().slice("transfer/".length));
      const [from, to, amount] = JSON.parse(Buffer.from(value).toString()) as [number, number, number];
      expected[from]! -= amount;
      expected[to]! += amount;
    }
    const consistent =
      accounts.length === 0
        ? rows.length === 0
        : accounts.every(([, value], i) => decode(value) === expected[i]) &&
          accounts.reduce((sum, [, value]) => sum + decode(value), 0) === ACCOUNTS * START;
    return { transfers, consistent };
  } finally {
    await engine.close();
  }
}

/** Kills the child `kills` times at random moments and looks at what each crash left. */
export async function crashCampaign(kills: number, durability: "sync" | "relaxed"): Promise<Counters> {
  const counters: Counters = { kills: 0, acknowledged: 0, lost: 0, gaps: 0, unacknowledged: 0, torn: 0 };
  const file = await bundle(join(import.meta.dirname, "child.ts"));
  const folder = mkdtempSync(join(tmpdir(), "plinth-crash-"));
  const acknowledged = new Set<string>();
  let path = "";
  try {
    for (let run = 0; run < kills; run++) {
      if (run % 20 === 0) {
        path = join(folder, String(run));
        acknowledged.clear();
      }
      const lines = await runAndKill(file, [path, String(run), durability], Math.random() * 150);
      const { transfers, consistent } = await inspect(path);
      counters.kills++;
      counters.acknowledged += lines.length;
      for (const id of lines) acknowledged.add(id);
      let missing = false;
      for (const id of acknowledged) {
        if (!transfers.has(id)) {
          missing = true;
          counters.lost++;
          acknowledged.delete(id);
        } else if (missing) counters.gaps++;
      }
      counters.unacknowledged += [...transfers].filter((id) => !acknowledged.has(id)).length;
      for (const id of transfers) acknowledged.add(id);
      if (!consistent) counters.torn++;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(file, { force: true });
  }
  return counters;
}
