import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, rate } from "./harness/measure.js";
import type { Report } from "./harness/report.js";
import { checkAnswers } from "./records/agree.js";
import type { PostRow, Store } from "./records/contender.js";
import { authors, counters, emailOf, post, posts, topicOf } from "./records/data.js";
import { installPeers, loadPeer } from "./records/peers.js";
import { open as openPlinth } from "./records/plinth.js";

/** Rounds of each measurement; the median is reported. */
const ROUNDS = Number(process.env.PLINTH_ROUNDS ?? 5);
const BULK = 100_000;
const BATCH = 1000;
const IN_FLIGHT = 16;

/** Keys of the stores; those of a lineup are compared with each other. */
const durable = ["plinth", "drizzle", "mikro", "pglite"] as const;
const relaxed = ["plinthRelaxed", "drizzleRelaxed", "mikroRelaxed", "pglite"] as const;
const all = [
  "plinth",
  "logged",
  "drizzle",
  "mikro",
  "pglite",
  "plinthRelaxed",
  "drizzleRelaxed",
  "mikroRelaxed",
] as const;
type Name = (typeof all)[number];
type Stores = Readonly<Record<Name, Store>>;

interface Work {
  readonly title: string;
  readonly operations: number;
  readonly concurrency: number;
  /** What one operation counts for; default 1. */
  readonly rows?: number;
  readonly rounds?: number;
  run(store: Store, i: number): Promise<unknown>;
}

const spread = (i: number): number => (i * 7919) % posts.length;
let fresh = posts.length;
const held = new Map<Store, PostRow[]>();

async function hold(store: Store): Promise<void> {
  const rows: PostRow[] = [];
  for (let i = 0; i < 1000; i++) rows.push((await store.get(posts[spread(i)]!.id))!);
  held.set(store, rows);
}

const work = (
  title: string,
  operations: number,
  run: Work["run"],
  more: { readonly concurrency?: number; readonly rows?: number; readonly rounds?: number } = {},
): Work => ({ title, operations, concurrency: 1, run, ...more });

const crowd = { concurrency: IN_FLIGHT };
const get: Work["run"] = (store, i) => store.get(posts[spread(i)]!.id);
const getByEmail: Work["run"] = (store, i) => store.getByEmail(emailOf(i * 7919));
const insert: Work["run"] = (store) => store.insert(post(fresh++));
const update: Work["run"] = (store, i) => {
  const row = held.get(store)![i % 1000]!;
  return store.update(row, { title: `Title ${fresh++}`, score: fresh % 1000 });
};

const reads: readonly Work[] = [
  work("get, one at a time", 4000, get),
  work(`get, ${IN_FLIGHT} in flight`, 4000, get, crowd),
  work("get by index, one at a time", 2000, getByEmail),
  work(`get by index, ${IN_FLIGHT} in flight`, 2000, getByEmail, crowd),
  work("range of 100 rows by index", 200, (store, i) => store.topic(topicOf(i * 31))),
  work("scan of 1,000 rows", 30, (store) => store.scan(1000)),
  work("preload of 100 × 10 rows", 30, (store) => store.preload(100)),
];

const writes: readonly Work[] = [
  work("insert, one at a time", 1000, insert),
  work(`insert, ${IN_FLIGHT} in flight`, 2000, insert, crowd),
  work("update, one at a time", 1000, update),
  work(`update, ${IN_FLIGHT} in flight`, 2000, update, crowd),
  work(
    "read-modify-write of 3 records, 100 in flight",
    600,
    (store, i) => store.increment(counters[i % 3]!.id),
    {
      concurrency: 100,
    },
  ),
];

const bulk = work(
  `bulk load of ${BULK.toLocaleString("en-US")} rows, rows a second`,
  1,
  (store) => {
    const first = fresh;
    fresh += BULK;
    return store.bulk(
      Array.from({ length: BULK }, (_, i) => post(first + i)),
      BATCH,
    );
  },
  { rows: BULK, rounds: Math.min(ROUNDS, 3) },
);

/** Medians of all `names` doing the same work in turns. */
async function measure(stores: Stores, names: readonly Name[], one: Work): Promise<Map<Name, number>> {
  const contenders = names.map((name) => {
    const store = stores[name];
    const timed = async (): Promise<number> => {
      global.gc?.();
      return (one.rows ?? 1) * (await rate(one.operations, one.concurrency, (i) => one.run(store, i)));
    };
    return [name, timed] as const;
  });
  if (one.rows === undefined) {
    for (const name of names)
      await rate(one.operations / 4, one.concurrency, (i) => one.run(stores[name], i));
  }
  const medians = await compare(Object.fromEntries(contenders), one.rounds ?? ROUNDS);
  console.log(
    one.title,
    Object.entries(medians)
      .map(([name, value]) => `${name} ${Math.round(value)}`)
      .join(", "),
  );
  return new Map(Object.entries(medians) as [Name, number][]);
}

function tableOf(
  report: Report,
  title: string,
  stores: Stores,
  names: readonly [Name, ...Name[]],
  results: ReadonlyMap<Work, ReadonlyMap<Name, number>>,
): void {
  const [own, ...peers] = names;
  const head = [
    "work",
    ...names.map((name) => stores[name].name),
    ...peers.map((name) => `Plinth / ${stores[name].name}`),
  ];
  const rows = [...results].map(([{ title: name }, measured]) => {
    const mine = measured.get(own)!;
    return [name, ...names.map((n) => measured.get(n)!), ...peers.map((n) => mine / measured.get(n)!)];
  });
  report.table(title, head, rows);
}

async function openAll(folder: string): Promise<Stores> {
  const [drizzle, mikro, pglite] = await Promise.all(
    ["drizzle-libsql", "mikro-libsql", "drizzle-pglite"].map(loadPeer),
  );
  const at = (name: string) => join(folder, name);
  return {
    plinth: await openPlinth(at("plinth"), "sync"),
    logged: { ...(await openPlinth(at("logged"), "sync", true)), name: "Plinth with the change log" },
    drizzle: await drizzle!.open(at("drizzle"), "sync"),
    mikro: await mikro!.open(at("mikro"), "sync"),
    pglite: await pglite!.open(at("pglite"), "relaxed"),
    plinthRelaxed: await openPlinth(at("plinth-relaxed"), "relaxed"),
    drizzleRelaxed: await drizzle!.open(at("drizzle-relaxed"), "relaxed"),
    mikroRelaxed: await mikro!.open(at("mikro-relaxed"), "relaxed"),
  };
}

/** Every increment of every round is there, or the numbers of that work mean nothing. */
async function checkCounters(stores: Stores): Promise<void> {
  const rmw = writes.at(-1)!;
  const expected = rmw.operations * (ROUNDS + 1 / 4);
  for (const name of all) {
    if (name === "logged") continue;
    const values = await Promise.all(counters.map(({ id }) => stores[name].counter(id)));
    const sum = values.reduce((a, b) => a + b, 0);
    if (sum !== expected) throw new Error(`${stores[name].name} counted ${sum} increments of ${expected}.`);
  }
}

function describe(report: Report, stores: Stores, versions: Readonly<Record<string, string>>): void {
  report.text(
    `Posts (7 fields and 2 timestamps; indexes on the author and on topic and time) and authors (index on the email): ` +
      `${authors.length.toLocaleString("en-US")} authors, ${posts.length.toLocaleString("en-US")} posts, the same rows, indexes ` +
      `and answers in every store (checked before the clock starts). One process, contenders in turns, medians of ` +
      `${ROUNDS} rounds (${bulk.rounds} of the bulk load, ${BATCH.toLocaleString("en-US")} rows a transaction).`,
  );
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  report.text(`Peers: ${list.join(", ")}.`);
  report.text(
    "Drizzle's single-row statements and its index range are prepared once; MikroORM inserts and updates by `em.insert`, " +
      "`em.insertMany` and `em.nativeUpdate`, which go around its unit of work and are quicker than it, and reads with a " +
      "fork for each operation. Plinth casts and checks each update as a changeset and reads the stored record in the " +
      "transaction of the write. libSQL's driver refuses a second write transaction at once, so the benchmark queues " +
      "Drizzle's read-modify-writes there; the other stores queue by themselves.",
  );
  report.table(
    "What each store promises of an acknowledged commit",
    ["store", "durability"],
    all.map((name) => [
      `${stores[name].name} (${name.endsWith("Relaxed") ? "relaxed" : name === "pglite" ? "both lineups" : "sync"})`,
      stores[name].durability,
    ]),
  );
}

/** Plinth on its embedded engine beside Drizzle and MikroORM on libSQL and Drizzle on PGlite. */
export default async function records(report: Report): Promise<void> {
  const versions = installPeers();
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  try {
    const stores = await openAll(folder);
    describe(report, stores, versions);
    for (const name of all) {
      await stores[name].load(authors, posts, counters);
      await checkAnswers(stores[name]);
      await hold(stores[name]);
    }
    // Past the five seconds in which Plinth also keeps recent writes in memory: reads come from the file.
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const read = new Map<Work, Map<Name, number>>();
    for (const one of reads) read.set(one, await measure(stores, durable, one));
    tableOf(report, "Reads, operations a second", stores, durable, read);
    const written = new Map<Work, Map<Name, number>>();
    for (const one of writes) {
      const names = one.run === insert || one.run === update ? all : all.filter((name) => name !== "logged");
      written.set(one, await measure(stores, names, one));
    }
    await checkCounters(stores);
    written.set(
      bulk,
      await measure(
        stores,
        all.filter((name) => name !== "logged"),
        bulk,
      ),
    );
    tableOf(report, "Durable writes, operations a second (PGlite does not flush)", stores, durable, written);
    tableOf(report, "Relaxed writes, operations a second", stores, relaxed, written);
    const logged = new Map([...written].filter(([, measured]) => measured.has("logged")));
    tableOf(report, "What the change log costs a durable write", stores, ["logged", "plinth"], logged);
    for (const name of all) await stores[name].close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
