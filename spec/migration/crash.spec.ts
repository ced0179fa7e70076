import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { buildSync } from "esbuild";
import { openEngine } from "../../lib/engine/index.js";
import { counter, create, index, migrateTenant } from "../../lib/migration/index.js";
import { openProcess, User, users } from "../layer/support.js";
import { differences, migration, randomFrom, release, seed, seedNumber } from "./support.js";

const ROWS = Number(process.env.PLINTH_BUILD_ROWS ?? 20_000);
const ROUNDS = Number(process.env.PLINTH_RUNS ?? 2);
const random = randomFrom(seedNumber + 3);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-crash-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The builder as a program of its own, which says when it begins a step. */
function bundle(): string {
  const outfile = join(process.cwd(), "node_modules", ".cache", `plinth-builder-${process.pid}.mjs`);
  buildSync({
    entryPoints: [join(process.cwd(), "spec/migration/builder.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outfile,
    logLevel: "silent",
  });
  return outfile;
}

/** Kills the builder after some of its steps; tells whether it was done before. */
async function buildAndKill(program: string, url: string, steps: number): Promise<boolean> {
  const child = spawn(process.execPath, [program, url], { stdio: ["ignore", "pipe", "inherit"] });
  let seen = 0;
  let killed = false;
  child.stdout.on("data", (chunk: Buffer) => {
    seen += chunk.toString().split("\n").length - 1;
    if (seen > steps && !killed) {
      killed = true;
      child.kill("SIGKILL");
    }
  });
  await new Promise((resolve) => child.on("close", resolve));
  return !killed;
}

test("a builder that is killed with kill -9 loses nothing and counts nothing twice; the next one goes on", async () => {
  const url = `embedded:${join(folder, "store")}`;
  const engine = await openEngine(url, { durability: "relaxed" });
  await seed(await openProcess(engine), ROWS);
  await engine.close();
  const program = bundle();
  for (let round = 0; round < ROUNDS; round++) {
    if (await buildAndKill(program, url, Math.floor(random() * 3))) break;
  }
  const after = await openEngine(url);
  const one = await openProcess(after);
  const all = migration(() => [
    create(index(User, ["name"])),
    create(counter(User)),
    create(counter(User, ["age"])),
  ]);
  await migrateTenant(await release(one), one.tenant, [[1, all]], { staleClaimMs: 200 });
  for (const name of ["users_name_index", "users_counter", "users_age_counter"]) {
    expect([name, await differences(one, users, name)]).toEqual([name, []]);
  }
  await after.close();
  await rm(program, { force: true });
}, 60_000);
