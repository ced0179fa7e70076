import { inTurns, quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { LiveStore, OpenStore } from "./contender.js";
import { posts } from "./data.js";
import { versus } from "./versus.js";

const ROWS = 10_000;
const ROUNDS = 7;

/** From asking for a live query to its first result; a new query each time, so that nobody has it already. */
export async function snapshots(report: Report, open: readonly OpenStore[]): Promise<void> {
  const stores: LiveStore[] = [];
  for (const one of open) {
    const store = await one();
    await store.load(posts(ROWS));
    stores.push(store);
  }
  const times = await inTurns(stores, ROUNDS, async (store, round) => {
    globalThis.gc?.();
    const started = performance.now();
    const list = await store.watch({ atLeast: -1 - round }, [() => {}]);
    const shown = list.rows().length;
    const time = performance.now() - started;
    if (shown !== ROWS) throw new Error(`${store.name} shows ${shown} rows of ${ROWS}.`);
    await list.close();
    return time;
  });
  const lines = Array.from(times, ([store, all]) => {
    const median = quantile(all, 0.5);
    return { store, cells: [median, all[0]!], compared: median };
  });
  const title = `First snapshot of ${ROWS.toLocaleString("en-US")} rows`;
  versus(report, title, ["median, ms", "the first, ms"], lines, { name: "median", better: "less" });
  for (const store of stores) await store.close();
}
