import { inTurns, quantile, rate } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import type { LiveStore, OpenStore, PostRow, Rows } from "./contender.js";
import { versus } from "./versus.js";

const TRANSACTIONS = 4000;
const CONCURRENCY = 1000;
const SUBSCRIBERS = 1000;
const ROUNDS = 3;

/** Ranks so far apart that the order of the list stays. */
const products: readonly PostRow[] = [0, 1, 2].map((n) => ({
  id: `p${n}`,
  owner: "o",
  rank: n * 1_000_000,
  body: `Product ${n}`,
}));
const sum = (rows: readonly PostRow[]): number => rows.reduce((total, row) => total + row.rank, 0);
const EXPECTED = sum(products) + TRANSACTIONS;

interface Measured {
  readonly store: LiveStore;
  readonly attempts: number;
  readonly counted: number;
  /** Events of one subscriber. */
  readonly events: number;
  /** Seconds until the last commit, and until the last subscriber has what it wrote. */
  readonly committed: number;
  readonly settled: number;
}

async function measure(open: OpenStore): Promise<Measured> {
  const store = await open();
  await store.load(products);
  let attempts = 0;
  let events = 0;
  let missing = SUBSCRIBERS;
  let done = (_at: number) => {};
  const settled = new Promise<number>((resolve) => {
    done = resolve;
  });
  const listeners = Array.from({ length: SUBSCRIBERS }, () => {
    let complete = false;
    return (rows: Rows) => {
      events++;
      // The last state comes after the last attempt: nobody looks before, so that looking is not what is measured.
      if (complete || attempts < TRANSACTIONS || sum(rows()) !== EXPECTED) return;
      complete = true;
      if (--missing === 0) done(performance.now());
    };
  });
  const list = await store.watch({}, listeners);
  globalThis.gc?.();
  const started = performance.now();
  await rate(TRANSACTIONS, CONCURRENCY, (i) =>
    store.increment(products[i % 3]!.id, () => {
      attempts++;
    }),
  );
  const committed = (performance.now() - started) / 1000;
  const seconds = ((await settled) - started) / 1000;
  const counted = sum(list.rows()) - sum(products);
  await store.close();
  return { store, attempts, counted, events: events / SUBSCRIBERS, committed, settled: seconds };
}

/** The catalog's burst: read-modify-writes of three rows that many subscribers watch. */
export async function burst(report: Report, targets: Targets, stores: readonly OpenStore[]): Promise<void> {
  const results = [...(await inTurns(stores, ROUNDS, measure)).values()];
  const lines = results.map((rounds) => {
    const of = (name: "attempts" | "counted" | "events" | "committed" | "settled") =>
      quantile(
        rounds.map((round) => round[name]),
        0.5,
      );
    const counted = rounds.every((round) => round.counted === TRANSACTIONS) ? "all" : of("counted");
    const settled = of("settled");
    const cells = [of("attempts") / TRANSACTIONS, counted, of("events"), of("committed"), settled];
    return { store: rounds[0]!.store, cells, compared: settled };
  });
  targets.atMost("attempts a transaction of the burst", 1.05, Number(lines[0]!.cells[0]));
  const size = (n: number) => n.toLocaleString("en-US");
  const title = `The burst: ${size(TRANSACTIONS)} read-modify-writes of 3 rows, ${size(CONCURRENCY)} at a time, ${size(SUBSCRIBERS)} subscribers`;
  const head = [
    "attempts a transaction",
    "increments counted",
    "events a subscriber",
    "last commit, s",
    "last subscriber has it, s",
  ];
  versus(report, title, head, lines, { name: "last subscriber", better: "less" });
}
