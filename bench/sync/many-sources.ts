import "reflect-metadata";
import { openEngine } from "../../lib/engine/index.js";
import {
  create,
  Field,
  index,
  Migration,
  metadata,
  PrimaryKey,
  Repo,
  Schema,
  Sync,
  Tenant,
} from "../../lib/index.js";
import { heap, quantile } from "../harness/measure.js";
import type { Report } from "../harness/report.js";
import type { Targets } from "../harness/targets.js";
import { Arrivals } from "./arrivals.js";

const SOURCES = 100;
const QUERIES_EACH = 1000;
const ROWS_EACH = 10;
const COMMITS = 5;

function source(name: string) {
  @Schema(name)
  class Row {
    @PrimaryKey("string") declare id: string;
    @Field("string") declare owner: string;
  }
  return Row;
}

/** 100,000 live queries over 100 sources, whose rows change together. */
export async function manySources(report: Report, targets: Targets): Promise<void> {
  const sources = Array.from({ length: SOURCES }, (_, i) => source(`source${i}`));
  class Sources extends Migration {
    change() {
      return sources.flatMap((each) => [create(metadata(each)), create(index(each, ["owner"]))]);
    }
  }
  const engine = await openEngine("memory:");
  const repo = new Repo({ engine, storageId: "bench", migrations: [[1, Sources]] });
  const tenant = await Tenant.openEmpty(repo, "sources");
  const sync = new Sync(repo);
  const arrivals = new Arrivals();
  const empty = await heap();
  for (const each of sources) {
    const some = Array.from({ length: QUERIES_EACH }, async (_, i) => {
      const sub = await sync.subscribe(tenant, { rows: sync.allBy(each, { owner: `q${i}` }) });
      sub.on("change:rows", (changes) => arrivals.arrived(changes.length));
    });
    await Promise.all(some);
  }
  const queries = SOURCES * QUERIES_EACH;
  const held = ((await heap()) - empty) / queries;
  const { watches, ticks } = sync.inspect();
  const fromCall: number[] = [];
  const fromCommit: number[] = [];
  const rows = SOURCES * ROWS_EACH;
  for (let n = 0; n < COMMITS; n++) {
    const shown = arrivals.expect(rows);
    const called = performance.now();
    await repo.transactional(tenant, async () => {
      for (const each of sources) {
        for (let i = n * ROWS_EACH; i < (n + 1) * ROWS_EACH; i++) {
          await repo.insert(each, { id: `r${i}`, owner: `q${i}` });
        }
      }
    });
    const acknowledged = performance.now();
    const at = await shown;
    fromCall.push(rows / ((at - called) / 1000));
    fromCommit.push(rows / ((at - acknowledged) / 1000));
  }
  const perCommit = (sync.inspect().ticks - ticks) / COMMITS;
  await sync.close();
  await repo.close();
  await engine.close();
  targets.atMost("watches of 100,000 live queries over 100 sources", 100, watches);
  targets.atMost("heap a live query there, bytes", 8192, held);
  report.table(
    `${queries.toLocaleString("en-US")} live queries over ${SOURCES} sources, Plinth`,
    [
      "queries",
      "heap a query, bytes",
      "watches",
      "reads a commit of all sources",
      "row changes a second, commit to event",
      "insert to event",
    ],
    [[queries, held, watches, perCommit, quantile(fromCommit, 0.5), quantile(fromCall, 0.5)]],
  );
}
