import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { bundle } from "../support.js";
import type { Rule } from "./rules.js";

/** `PLINTH_FAULTS=2000` shows it at full size, `PLINTH_SEED=n` from another place on. */
const trials = Number(process.env.PLINTH_FAULTS ?? 45);
const first = Number(process.env.PLINTH_SEED ?? 1);
const IN_ONE_PROCESS = 5;
const AT_ONCE = 3;

const folder = mkdtempSync(join(tmpdir(), "plinth-faults-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Undefined where the system's calls cannot be refused: not Linux with glibc, or no compiler. */
function shim(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const path = join(folder, "shim.so");
  const source = join(import.meta.dirname, "shim.c");
  const made = spawnSync("gcc", ["-O1", "-shared", "-fPIC", "-o", path, source, "-ldl"]);
  return made.status === 0 ? path : undefined;
}

interface Outcome {
  readonly seed: number;
  readonly rule: Rule;
  readonly refused: number;
  readonly wrong: readonly string[];
}

async function run(program: string, library: string, seeds: readonly number[]): Promise<Outcome[]> {
  const place = mkdtempSync(join(folder, "trial-"));
  // Not a name that begins like the store's folder: what writes to it is never refused.
  const page = join(folder, `page-${basename(place)}`);
  writeFileSync(page, Buffer.alloc(256));
  const child = spawn(process.execPath, [program, JSON.stringify({ folder: place, page, seeds })], {
    env: { ...process.env, LD_PRELOAD: library, PLINTH_SHIM_FOLDER: place, PLINTH_SHIM_PAGE: page },
  });
  let told = "";
  let errors = "";
  child.stdout.on("data", (bytes) => {
    told += bytes;
  });
  child.stderr.on("data", (bytes) => {
    errors += bytes;
  });
  const watchdog = setTimeout(() => child.kill("SIGKILL"), 40_000 * seeds.length);
  const ended = await new Promise((resolve) => child.on("close", (code, signal) => resolve(signal ?? code)));
  clearTimeout(watchdog);
  const lines = told
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
  if (ended !== 0)
    throw new Error(`ended by ${String(ended)} in seed ${lines.at(-1)?.seed}: ${errors.slice(-500)}`);
  return lines.filter(({ rule }) => rule !== undefined);
}

const library = shim();
const whereItCan = library === undefined ? test.skip : test;

whereItCan(
  "whatever call the system refuses, that is told, nothing acknowledged is lost, and the store goes on afterwards",
  async () => {
    const program = await bundle(join(import.meta.dirname, "child.ts"));
    const groups: number[][] = [];
    for (let at = 0; at < trials; at += IN_ONE_PROCESS)
      groups.push(Array.from({ length: Math.min(IN_ONE_PROCESS, trials - at) }, (_, i) => first + at + i));
    const outcomes: Outcome[] = [];
    const work = async (): Promise<void> => {
      for (let group = groups.shift(); group !== undefined; group = groups.shift())
        outcomes.push(...(await run(program, library!, group)));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(outcomes.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
    expect(outcomes.length).toBe(trials);
    // A campaign in which nothing is refused shows nothing.
    expect(outcomes.filter(({ refused }) => refused > 0).length).toBeGreaterThan(trials / 5);
  },
  60_000 + trials * 4000,
);
