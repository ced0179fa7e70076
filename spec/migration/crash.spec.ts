import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { buildSync } from "esbuild";
import { openEngine } from "../../lib/engine/index.js";
import { from, type Repo, Tenant } from "../../lib/index.js";
import { counter, create, index, migrateTenant } from "../../lib/migration/index.js";
import { openProcess, User, users } from "../layer/support.js";
import { Account, Batch, repoOf, work } from "./job-child.js";
import { differences, migration, randomFrom, release, seed, seedNumber } from "./support.js";

const ROWS = Number(process.env.PLINTH_BUILD_ROWS ?? 20_000);
/** `PLINTH_KILLS=200 npm test -- spec/migration/crash` runs the job at full size. */
const KILLS = Number(process.env.PLINTH_KILLS ?? 2);
const ROUNDS = Number(process.env.PLINTH_RUNS ?? 2);
const random = randomFrom(seedNumber + 3);
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-crash-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of its own, which says when it begins a step. */
function bundle(name: "builder" | "job-child"): string {
  const outfile = join(process.cwd(), "node_modules", ".cache", `plinth-${name}-${process.pid}.mjs`);
  buildSync({
    entryPoints: [join(process.cwd(), `spec/migration/${name}.ts`)],
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
  const program = bundle("builder");
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

/** What a job has left: its accounts and batches, and how far it has come. */
async function leftBy(repo: Repo, tenant: Tenant) {
  const accounts = await repo.all(from(Account), { tenant });
  const batches = await repo.all(from(Batch), { tenant });
  return {
    done: await work(repo, tenant),
    accounts: accounts.map(({ id, touched, cents }) => [id, touched, cents]),
    batches: batches.map(({ id, rows }) => [id, rows]),
  };
}

async function begun(url: string, accounts: number): Promise<{ repo: Repo; tenant: Tenant }> {
  const repo = repoOf(url);
  const tenant = await Tenant.openOrCreate(repo, "acme");
  const rows = Array.from({ length: accounts }, (_, id) => ({ id, touched: 0, cents: 0 }));
  await repo.insertAll(Account, rows, { tenant, batch: 500 });
  return { repo, tenant };
}

/** A process at the job; `batch` resolves when it is in a batch of it, or at its end. */
function startWorker(program: string, url: string) {
  const env = { ...process.env, PLINTH_JOB_STORE: url };
  const child: ChildProcess = spawn(process.execPath, [program], {
    stdio: ["ignore", "pipe", "pipe"],
    env,
  });
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, errors }));
  let heard = () => {};
  child.stdout!.on("data", () => heard());
  const batch = () =>
    Promise.race([
      ended,
      new Promise<undefined>((resolve) => {
        heard = () => resolve(undefined);
      }),
    ]);
  return { child, ended, batch };
}

test(`two processes share a store and a job, and ${KILLS} times one of them is killed: every batch once`, async () => {
  const accounts = 40 + 20 * KILLS;
  const clean = await begun("memory:", accounts);
  const first = await leftBy(clean.repo, clean.tenant);
  const expected = await leftBy(clean.repo, clean.tenant);
  expect([first.done.done, expected.batches.length]).toEqual([true, first.done.batches]);
  await clean.repo.close();

  const url = `embedded:${join(folder, "store")}?share`;
  const program = bundle("job-child");
  await (await begun(url, accounts)).repo.close();
  const workers = [startWorker(program, url), startWorker(program, url)];
  let kills = 0;
  while (kills < KILLS) {
    // Whoever has the claim says so first; it, or the one that waits, which may own the store, is killed some batches later.
    for (let batches = Math.floor(random() * 4); batches >= 0; batches--) {
      const end = await Promise.race(workers.map(({ batch }) => batch()));
      expect(end).toBeUndefined();
    }
    await new Promise((resolve) => setTimeout(resolve, random() * 4));
    const at = Math.floor(random() * 2);
    workers[at]!.child.kill("SIGKILL");
    expect(await workers[at]!.ended).toMatchObject({ signal: "SIGKILL" });
    workers[at] = startWorker(program, url);
    kills++;
  }
  const ends = await Promise.all(workers.map(({ ended }) => ended));
  expect(ends).toEqual(ends.map(() => ({ code: 0, signal: null, errors: "" })));
  const repo = repoOf(url);
  expect(await leftBy(repo, await Tenant.open(repo, "acme"))).toEqual(expected);
  await repo.close();
  await rm(program, { force: true });
  process.stderr.write(`${kills} kills, ${expected.batches.length} batches, each once.\n`);
}, 3_600_000);
