import { heap, inTurns, quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import type { LiveStore, OpenStore } from "./contender.js";
import { posts } from "./data.js";
import { versus } from "./versus.js";

const SUBSCRIBERS = 10_000;
const ROWS = 100;
const ROUNDS = 2;
const CHANGES = 20;

interface Measured {
  readonly store: LiveStore;
  /** Milliseconds from the call of the update to each subscriber. */
  readonly times: readonly number[];
  /** Bytes a subscriber. */
  readonly held: number;
  /** Evaluations a change, where the store tells. */
  readonly evaluations: number | undefined;
}

async function measure(open: OpenStore): Promise<Measured> {
  const store = await open();
  await store.load(posts(ROWS));
  const empty = await heap();
  let called = 0;
  let missing = 0;
  let done = () => {};
  const times: number[] = [];
  const listeners = Array.from({ length: SUBSCRIBERS }, () => () => {
    times.push(performance.now() - called);
    if (--missing === 0) done();
  });
  const { rows } = await store.watch({}, listeners);
  const held = ((await heap()) - empty) / SUBSCRIBERS;
  const row = rows()[50]!;
  const before = store.work?.().evaluations ?? 0;
  for (let i = 0; i < CHANGES; i++) {
    missing = SUBSCRIBERS;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    called = performance.now();
    await store.rename(row, `body ${i}`);
    await all;
  }
  const work = store.work?.();
  await store.close();
  return { store, times, held, evaluations: work && (work.evaluations - before) / CHANGES };
}

/** Many subscribers of one query. */
export async function fanOut(report: Report, targets: Targets, stores: readonly OpenStore[]): Promise<void> {
  const results = [...(await inTurns(stores, ROUNDS, measure)).values()];
  const lines = results.map((rounds) => {
    const times = rounds.flatMap((round) => round.times);
    const held = rounds.map((round) => round.held);
    const { store, evaluations } = rounds[0]!;
    const p99 = quantile(times, 0.99);
    const bytes = quantile(held, 0.5);
    if (evaluations !== undefined) {
      targets.atMost("evaluations a change, 10,000 subscribers of one query", 1, evaluations);
      targets.atMost("p99 of the fan-out to them, ms", 250, p99);
      targets.atMost("heap a subscriber, bytes", 1024, bytes);
    }
    const cells = [SUBSCRIBERS, evaluations ?? "not told", quantile(times, 0.5), p99, bytes];
    return { store, cells, compared: p99 };
  });
  const title = `${SUBSCRIBERS.toLocaleString("en-US")} subscribers of one query of ${ROWS} rows`;
  const head = [
    "subscribers",
    "evaluations a change",
    "call to event, p50 ms",
    "p99 ms",
    "heap a subscriber, bytes",
  ];
  versus(report, title, head, lines, { name: "p99", better: "less" });
  report.text(
    "Plinth and RxDB are asked for the query by each subscriber; with PGlite and TanStack DB the application shares one " +
      "live query among them. The heap holds the benchmark's listeners too.",
  );
}
