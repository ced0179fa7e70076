import { heap, inTurns, quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import { Arrivals } from "./arrivals.js";
import type { LiveStore, OpenStore, PostRow } from "./contender.js";
import { post, posts } from "./data.js";
import { versus } from "./versus.js";

const SIZES = [1000, 10_000, 100_000];
const SHARED_SIZES = [200, 1000];
const ROUNDS = 2;
const BATCH = 500;
const BATCHES = 7;
const SINGLES = 100;
/** Single rows are written for this long at most. */
const SINGLES_MS = 600;

interface Measured {
  readonly store: LiveStore;
  /** Bytes a query. */
  readonly held: number;
  readonly watches: number;
  /** Rows a second in commits of many, from the call and from the acknowledgement to the last event. */
  readonly fromCall: number;
  readonly fromCommit: number;
  /** Milliseconds from the call of an insert of one row to its event. */
  readonly single: number;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const show = (n: number): string => n.toLocaleString("en-US");

async function watchOwners(store: LiveStore, queries: number, arrivals: Arrivals): Promise<void> {
  for (let i = 0; i < queries; i += 1000) {
    const some = Array.from({ length: Math.min(1000, queries - i) }, (_, j) =>
      store.watch({ owner: `q${i + j}` }, [arrivals.listener()]),
    );
    await Promise.all(some);
  }
}

/** Distinct queries by owner, and new rows that each belong to one of them. */
async function measure(open: OpenStore, queries: number): Promise<Measured> {
  const store = await open();
  await store.load(posts(100));
  const arrivals = new Arrivals();
  const empty = await heap();
  await watchOwners(store, queries, arrivals);
  const held = ((await heap()) - empty) / queries;
  const watches = store.work?.().watches ?? 0;
  let written = 100;
  const next = (): PostRow => post(++written, `q${written % queries}`);
  const write = async (count: number) => {
    const rows = Array.from({ length: count }, next);
    const shown = arrivals.expect(count);
    const called = performance.now();
    await store.insert(rows);
    const acknowledged = performance.now();
    const at = await shown;
    return { fromCall: at - called, fromCommit: Math.max(0, at - acknowledged) };
  };
  const many: Awaited<ReturnType<typeof write>>[] = [];
  for (let i = 0; i < BATCHES; i++) many.push(await write(BATCH));
  const single: number[] = [];
  const ends = performance.now() + SINGLES_MS;
  while (single.length < SINGLES && performance.now() < ends) single.push((await write(1)).fromCall);
  await store.close();
  return {
    store,
    held,
    watches,
    fromCall: (1000 * BATCH) / median(many.map((times) => times.fromCall)),
    fromCommit: (1000 * BATCH) / median(many.map((times) => times.fromCommit)),
    single: median(single),
  };
}

/** Distinct live queries by equality: Plinth with many, then all stores with as many as they can take. */
export async function manyQueries(
  report: Report,
  targets: Targets,
  stores: readonly OpenStore[],
): Promise<void> {
  const table: (readonly number[])[] = [];
  for (const queries of SIZES) {
    const { held, watches, fromCall, fromCommit, single } = await measure(stores[0]!, queries);
    table.push([queries, held, watches, fromCommit, fromCall, single]);
    targets.atMost(`heap a live query of ${show(queries)}, bytes`, 8192, held);
    targets.atLeast(`row changes a second from commit to event there`, 10_000, fromCommit);
  }
  const head = [
    "queries",
    "heap a query, bytes",
    "watches",
    "row changes a second, commit to event",
    "insert to event",
    "one row, call to event, p50 ms",
  ];
  report.table("Distinct live queries by equality, Plinth", head, table);
  report.text(
    `Commits of ${BATCH} rows, each of which belongs to another query; medians of ${BATCHES}. Commit to event is the reading of ` +
      "the log, the matcher, the evaluation of each query and its event; insert to event holds the inserts too, in the same thread.",
  );
  for (const queries of SHARED_SIZES) await beside(report, stores, queries);
  report.text("PGlite keeps its queries in WebAssembly memory, beside the heap.");
}

async function beside(report: Report, stores: readonly OpenStore[], queries: number): Promise<void> {
  const results = [...(await inTurns(stores, ROUNDS, (open) => measure(open, queries))).values()];
  const lines = results.map((rounds) => {
    const of = (name: "single" | "fromCall" | "held") => median(rounds.map((round) => round[name]));
    return {
      store: rounds[0]!.store,
      cells: [of("single"), of("fromCall"), of("held")],
      compared: of("single"),
    };
  });
  const head = [
    "one row, call to event, p50 ms",
    `rows a second in commits of ${BATCH}`,
    "heap a query, bytes",
  ];
  const title = `${show(queries)} distinct live queries by equality`;
  versus(report, title, head, lines, { name: "one row", better: "less" });
}
