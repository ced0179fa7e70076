import { installPeers, loadPeer } from "./harness/peers.js";
import { loadAverage, type Report } from "./harness/report.js";
import { Targets } from "./harness/targets.js";
import { atRate } from "./sync/at-rate.js";
import { burst } from "./sync/burst.js";
import type { OpenStore, Peer } from "./sync/contender.js";
import { fanOut } from "./sync/fan-out.js";
import { manyQueries } from "./sync/many-queries.js";
import { manySources } from "./sync/many-sources.js";
import { matcherAlone } from "./sync/matcher.js";
import { oneRow } from "./sync/one-row.js";
import { open as openPlinth } from "./sync/plinth.js";
import { snapshots } from "./sync/snapshot.js";

const peers = ["@electric-sql/pglite", "rxdb", "@tanstack/db"];

/** Plinth's live queries beside those of PGlite, RxDB and TanStack DB. */
export default async function sync(report: Report): Promise<void> {
  const versions = installPeers();
  const before = loadAverage();
  const targets = new Targets();
  const pglite = await loadPeer<Peer & { openChanges: OpenStore }>("sync/pglite-live.mjs");
  const rxdb = await loadPeer<Peer>("sync/rxdb.mjs");
  const tanstack = await loadPeer<Peer>("sync/tanstack-db.mjs");
  const stores = [openPlinth, pglite.open, rxdb.open, tanstack.open];
  report.text(`Peers: ${peers.map((name) => `${name} ${versions[name]}`).join(", ")}.`);
  await describe(report, stores);
  await oneRow(report, targets, [openPlinth, pglite.open, pglite.openChanges, rxdb.open, tanstack.open]);
  await fanOut(report, targets, stores);
  matcherAlone(report, targets);
  await manyQueries(report, targets, stores);
  await manySources(report, targets);
  await burst(report, targets, stores);
  await snapshots(report, stores);
  await atRate(report, targets);
  targets.table(report);
  report.text(`Load average of the machine before: ${before}; after: ${loadAverage()}.`);
}

async function describe(report: Report, stores: readonly OpenStore[]): Promise<void> {
  const rows: string[][] = [];
  for (const open of stores) {
    const store = await open();
    await store.load([]);
    const { durability, processes, resume, transactions, event, sharing } = store.promises;
    rows.push([store.name, durability, processes, resume, transactions, event, sharing]);
    await store.close();
  }
  const head = [
    "store",
    "durability in this run",
    "processes that see a change",
    "resuming a live query",
    "transactions",
    "an event carries",
    "subscribers that share one query",
  ];
  report.table("What each store promises", head, rows);
  report.text(
    "One process, one thread, contenders in turns. All hold the same rows under the same indexes, and their answers are " +
      "compared with the data before the clock starts.",
  );
}
