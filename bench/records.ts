import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, rate, rateFor } from "./harness/measure.js";
import { installPeers, loadPeer } from "./harness/peers.js";
import { loadAverage, type Report } from "./harness/report.js";
import { checkAnswers } from "./records/agree.js";
import type { Peer, Store } from "./records/contender.js";
import { authors, counters, posts } from "./records/data.js";
import { open as openPlinth } from "./records/plinth.js";
import {
  BATCH,
  bulk,
  checkCounters,
  contention,
  holdPosts,
  reads,
  singleWrites,
  type Work,
} from "./records/works.js";

/** Rounds of each measurement; the median is reported. */
const ROUNDS = Number(process.env.PLINTH_ROUNDS ?? 3);
const BULK_ROUNDS = Math.min(ROUNDS, 3);
/** What a round takes, and what a contender does before it without being timed. */
const ROUND_MS = 1000;
const WARM_MS = 500;

const durable = ["plinth", "drizzle", "mikro", "pglite"] as const;
const relaxed = ["plinthRelaxed", "drizzleRelaxed", "mikroRelaxed", "pglite"] as const;
const compared = [...new Set([...durable, ...relaxed])] as const;
const all = [...compared, "logged"] as const;
type Name = (typeof all)[number];
type Stores = Readonly<Record<Name, Store>>;
type Results = Map<Work, ReadonlyMap<Name, number>>;

async function openAll(folder: string): Promise<Stores> {
  const drizzle = await loadPeer<Peer>("records/drizzle-libsql.mjs");
  const mikro = await loadPeer<Peer>("records/mikro-libsql.mjs");
  const pglite = await loadPeer<Peer>("records/drizzle-pglite.mjs");
  const at = (name: string) => join(folder, name);
  const named = (store: Store, more: string): Store => ({ ...store, name: `${store.name}${more}` });
  return {
    plinth: await openPlinth(at("plinth"), "sync"),
    drizzle: await drizzle.open(at("drizzle"), "sync"),
    mikro: await mikro.open(at("mikro"), "sync"),
    pglite: await pglite.open(at("pglite"), "relaxed"),
    plinthRelaxed: named(await openPlinth(at("plinth-relaxed"), "relaxed"), " relaxed"),
    drizzleRelaxed: named(await drizzle.open(at("drizzle-relaxed"), "relaxed"), " relaxed"),
    mikroRelaxed: named(await mikro.open(at("mikro-relaxed"), "relaxed"), " relaxed"),
    logged: named(await openPlinth(at("logged"), "sync", true), " with the change log"),
  };
}

/** The medians of all `names` doing the same work in turns, each after some of the same untimed. */
async function measure(stores: Stores, names: readonly Name[], one: Work, rounds = ROUNDS) {
  const { title, operations, concurrency, rows } = one;
  const contenders = names.map((name) => {
    const run = (i: number): Promise<unknown> => one.run(stores[name], i);
    const timed = async (): Promise<number> => {
      if (operations !== undefined) return rows * (await rate(operations, concurrency, run));
      await rateFor(WARM_MS, concurrency, run);
      return rows * (await rateFor(ROUND_MS, concurrency, run));
    };
    return [name, timed] as const;
  });
  global.gc?.();
  const medians = Object.entries(await compare(Object.fromEntries(contenders), rounds)) as [Name, number][];
  console.log(`${title}: ${medians.map(([name, value]) => `${name} ${Math.round(value)}`).join(", ")}`);
  return new Map(medians);
}

/** Operations a second of `names`, the ratios of the first to the others, and `beside` without any. */
function table(
  report: Report,
  title: string,
  stores: Stores,
  results: Results,
  names: readonly [Name, ...Name[]],
  beside: readonly Name[] = [],
): void {
  const [own, ...peers] = names;
  const columns = [...names, ...beside];
  const head = [
    "operations a second",
    ...columns.map((name) => stores[name].name),
    ...peers.map((name) => `${stores[own].name} / ${stores[name].name}`),
  ];
  const rows = [...results]
    .filter(([, measured]) => columns.every((name) => measured.has(name)))
    .map(([{ title: work }, measured]) => {
      const of = (name: Name) => measured.get(name)!;
      return [work, ...columns.map(of), ...peers.map((name) => of(own) / of(name))];
    });
  report.table(title, head, rows);
}

function describe(report: Report, stores: Stores, versions: Readonly<Record<string, string>>): void {
  report.text(
    `Posts (7 fields and 2 timestamps; indexes on the author and on topic and time) and authors (index on the email): ` +
      `${authors.length.toLocaleString("en-US")} authors, ${posts.length.toLocaleString("en-US")} posts, the same rows, indexes ` +
      `and answers in every store (checked before the clock starts). One process, contenders in turns, medians of ` +
      `${ROUNDS} rounds of ${ROUND_MS} ms, each after ${WARM_MS} ms untimed (${BULK_ROUNDS} rounds of the bulk load, ` +
      `${BATCH.toLocaleString("en-US")} rows a transaction). All increments of the read-modify-writes are counted afterwards.`,
  );
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  report.text(`Peers: ${list.join(", ")}.`);
  report.text(
    "Drizzle's single-row statements and its index range are prepared once. MikroORM inserts and updates by `em.insert`, " +
      "`em.insertMany` and `em.nativeUpdate`, which go around its unit of work, and reads with a " +
      "fork for each operation. Plinth casts and checks each update as a changeset and reads the stored record in the " +
      "transaction of the write. libSQL's driver refuses a second write transaction at once, so the benchmark queues " +
      "Drizzle's read-modify-writes there; the other stores queue by themselves.",
  );
  report.table(
    "What each store promises of an acknowledged commit",
    ["store", "durability"],
    all.map((name) => [stores[name].name, stores[name].durability]),
  );
}

/** Plinth on its embedded engine beside Drizzle and MikroORM on libSQL and Drizzle on PGlite. */
export default async function records(report: Report): Promise<void> {
  const versions = installPeers();
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const loadBefore = loadAverage();
  try {
    const stores = await openAll(folder);
    describe(report, stores, versions);
    for (const name of all) {
      await stores[name].load(authors, posts, counters);
      await checkAnswers(stores[name]);
      await holdPosts(stores[name]);
    }
    // Past the five seconds in which Plinth also keeps recent writes in memory: reads come from the file.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const read: Results = new Map();
    for (const one of reads) read.set(one, await measure(stores, durable, one));
    table(report, "Reads", stores, read, durable);
    const written: Results = new Map();
    for (const one of singleWrites) written.set(one, await measure(stores, all, one));
    const logged = new Map(written);
    written.set(contention, await measure(stores, compared, contention));
    for (const name of compared) await checkCounters(stores[name]);
    written.set(bulk, await measure(stores, [...durable, "plinthRelaxed"], bulk, BULK_ROUNDS));
    table(report, "Durable writes (PGlite does not flush)", stores, written, durable, ["plinthRelaxed"]);
    table(report, "Relaxed writes", stores, written, relaxed);
    table(report, "What the change log costs a durable write", stores, logged, ["logged", "plinth"]);
    report.text(`Load average of the machine before: ${loadBefore}; after: ${loadAverage()}.`);
    for (const name of all) await stores[name].close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
