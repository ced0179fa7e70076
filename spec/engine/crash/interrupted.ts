import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine, readRangeAll, restoreStore, transact } from "../../../lib/engine/index.js";
import { bundle } from "../support.js";
import { CLEARED, type Kind, keyOf, lastFixed, rowKey } from "./rows.js";

export interface Interrupted {
  kills: number;
  /** Kills before the work was over. */
  during: number;
  acknowledged: number;
  /** Acknowledged commits that the next open did not have, or had with another value. */
  lost: number;
  /** States that no moment of the work has: a backup that is no backup, a cleared row that is back. */
  torn: number;
  /** Processes that ended neither by the kill nor by themselves, or an open that did not end. */
  hangs: number;
}

const WATCHDOG_MS = 60_000;

interface Outcome {
  readonly acknowledged: number;
  /** How long the work took, when it was over before the kill. */
  readonly tookMs: number | undefined;
  readonly hung: boolean;
}

/** Runs the work and kills it `afterMs` after it has begun, unless it is over by then. */
function runAndKill(file: string, args: readonly string[], afterMs: number): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    let begun: number | undefined;
    let tookMs: number | undefined;
    let hung = false;
    const watchdog = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, WATCHDOG_MS);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("latin1");
      if (begun !== undefined && output.endsWith("end\n")) tookMs = performance.now() - begun;
      if (begun !== undefined || !output.includes("begin\n")) return;
      begun = performance.now();
      setTimeout(() => child.kill("SIGKILL"), afterMs);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      if (signal !== "SIGKILL" && code !== 0)
        return reject(new Error(`The work failed by itself: ${errors}`));
      // A line cut by the kill was not acknowledged.
      const lines = output.split("\n").slice(0, -1);
      const numbers = lines.filter((line) => /^\d+$/.test(line)).map(Number);
      resolve({ acknowledged: Math.max(0, ...numbers.map((n) => n + 1)), tookMs, hung });
    });
  });
}

/** What the store has in place of what was acknowledged. */
async function inspect(
  kind: Kind,
  path: string,
  acknowledged: number,
): Promise<{ lost: number; torn: number }> {
  const engine = await openEngine(`embedded:${path}`);
  try {
    // On a machine that has other work, a read may be too old when its turn comes.
    const rowsOf = (begin: string, end: string) =>
      transact(engine, (tx) => readRangeAll(tx, Buffer.from(begin), Buffer.from(end)));
    const commits = new Map(
      (await rowsOf("commit/", "commit0")).map(([k, v]) => [
        Buffer.from(k).toString(),
        Buffer.from(v).toString(),
      ]),
    );
    let lost = 0;
    for (let n = 0; n < acknowledged; n++) if (commits.get(keyOf(n).toString()) !== `value ${n}`) lost++;
    const rows = await rowsOf("row/", "row0");
    const left = rows.map(([k]) => Buffer.from(k).toString());
    const expected = kind === "clearing" ? [0, lastFixed].map((n) => rowKey(n).toString()) : undefined;
    const whole = expected === undefined ? left.length === CLEARED : left.join() === expected.join();
    return { lost, torn: whole ? 0 : 1 };
  } finally {
    await engine.close();
  }
}

/** A backup is there whole, or it is not there; what a kill leaves has another name. */
async function inspectBackup(folder: string): Promise<number> {
  const copy = join(folder, "copy");
  if (!existsSync(copy)) return 0;
  const again = join(folder, "again");
  try {
    await restoreStore(copy, again);
    return (await inspect("backing up", again, 0)).torn;
  } catch {
    return 1;
  }
}

/** Kills a process `kills` times while it does one kind of work, each time at another moment of it. */
export async function interruptedCampaign(kind: Kind, kills: number): Promise<Interrupted> {
  const counters: Interrupted = { kills: 0, during: 0, acknowledged: 0, lost: 0, torn: 0, hangs: 0 };
  const file = await bundle(join(import.meta.dirname, "interrupted-work.ts"));
  const folder = mkdtempSync(join(tmpdir(), "plinth-interrupted-"));
  const path = join(folder, "store");
  const template = join(folder, "template");
  try {
    // What every kill of this kind begins with.
    await runAndKill(file, ["prepare", kind, template], WATCHDOG_MS);
    // A work that was over says how long it takes here.
    let span = 100;
    for (let run = 0; run < kills; run++) {
      for (const name of readdirSync(folder))
        if (name !== "template") rmSync(join(folder, name), { recursive: true, force: true });
      cpSync(template, path, { recursive: true });
      const outcome = await runAndKill(file, ["work", kind, path], Math.random() * span);
      if (outcome.tookMs === undefined) counters.during++;
      span = outcome.tookMs ?? Math.min(2000, span * 1.1);
      counters.kills++;
      counters.acknowledged += outcome.acknowledged;
      if (outcome.hung) counters.hangs++;
      const opened = await unlessHung(inspect(kind, path, outcome.acknowledged));
      if (opened === undefined) {
        counters.hangs++;
        return counters;
      }
      counters.lost += opened.lost;
      counters.torn += opened.torn + (kind === "backing up" ? await inspectBackup(folder) : 0);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(file, { force: true });
  }
  return counters;
}

/** Undefined when `work` does not end. */
async function unlessHung<T>(work: Promise<T>): Promise<T | undefined> {
  let watchdog: NodeJS.Timeout | undefined;
  const hung = new Promise<undefined>((resolve) => {
    watchdog = setTimeout(() => resolve(undefined), WATCHDOG_MS);
  });
  try {
    return await Promise.race([work, hung]);
  } finally {
    clearTimeout(watchdog);
  }
}
