import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { type Engine, openEngine } from "../../../lib/engine/index.js";
import { type TransactionTrace, transactionChannel } from "../../../lib/repo/observe/index.js";
import { TenantHub } from "../../../lib/sync/hub/tenant-hub.js";
import { LayerReader } from "../../../lib/sync/log/layer-reader.js";
import { EachNode } from "../../../lib/sync/node/each-node.js";
import { Disagreement } from "./agree.js";
import { type HistoryOptions, type Outcome, runHistory } from "./history.js";

const firstSeed = Number(process.env.PLINTH_SEED ?? 1);
/** Commits of all histories together. */
const wanted = Number(process.env.PLINTH_COMMITS ?? 150);
/** Commits of one history: each has schemas, indexes and queries of its own. */
const each = Math.min(100, wanted);
const timeout = 60_000 + wanted * 200;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("memory:");
});
afterAll(() => engine.close());
afterEach(() => {
  jest.restoreAllMocks();
});

const report = (line: string): void => {
  if (process.env.PLINTH_COMMITS !== undefined) process.stdout.write(`${line}\n`);
};

/** Runs histories until the store has made that many commits; says which of them disagrees. */
async function run(commits: number, options: Partial<HistoryOptions> = {}): Promise<Outcome> {
  let sum: Outcome = { commits: 0, transitions: 0, resumes: 0, tests: 0, skipped: 0, exploded: 0 };
  let histories = 0;
  for (let seed = firstSeed; sum.commits < commits; seed++) {
    try {
      const one = await runHistory({ seed, engine, commits: each, ...options });
      sum = {
        commits: sum.commits + one.commits,
        transitions: sum.transitions + one.transitions,
        resumes: sum.resumes + one.resumes,
        tests: sum.tests + one.tests,
        skipped: sum.skipped + one.skipped,
        exploded: sum.exploded + one.exploded,
      };
      histories++;
    } catch (error) {
      const message = `After ${sum.commits} commits, history ${seed} (PLINTH_SEED=${seed} PLINTH_COMMITS=${each}): `;
      report(message);
      if (error instanceof Error) error.message = message + error.message;
      throw error;
    }
  }
  report(`${histories} histories: ${JSON.stringify(sum)}`);
  return sum;
}

test(
  `after every transition, folded events equal fresh queries at that version (${wanted} commits)`,
  async () => {
    let grouped = 0;
    const count = (trace: unknown) => {
      if ((trace as TransactionTrace).members > 1) grouped++;
    };
    transactionChannel.asyncEnd.subscribe(count);
    const outcome = await run(wanted);
    transactionChannel.asyncEnd.unsubscribe(count);
    report(`${grouped} transactions were committed together with others`);
    expect(grouped).toBeGreaterThan(0);
    expect(outcome.commits).toBeGreaterThanOrEqual(wanted);
    expect(outcome.transitions).toBeGreaterThan(wanted / 10);
    expect(outcome.resumes).toBeGreaterThan(0);
    expect(outcome.exploded).toBeGreaterThan(0);
    expect(outcome.skipped).toBeLessThanOrEqual(outcome.tests / 100);
  },
  timeout,
);

describe("a planted bug is found", () => {
  const found = async (options: Partial<HistoryOptions> = {}) => {
    const error = await run(wanted, { ...options, faults: false, late: false }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Disagreement)) throw error ?? new Error("Nothing was found.");
    report((error as Error).message.split("\n")[0]!);
  };

  // The full run has room for the rare one.
  const every = wanted >= 10_000 ? 1_000 : 20;
  test(
    `every ${every}th entry of the log is dropped`,
    async () => {
      const log = LayerReader.prototype.log;
      let read = 0;
      jest.spyOn(LayerReader.prototype, "log").mockImplementation(async function (
        this: LayerReader,
        ...args
      ) {
        const batch = await log.apply(this, args);
        return { ...batch, entries: batch.entries.filter(() => ++read % every !== 0) };
      });
      await found();
    },
    timeout,
  );

  test(
    "a watch is not set again",
    async () => {
      let fired = 0;
      const poke = TenantHub.prototype.poke;
      jest.spyOn(TenantHub.prototype, "poke").mockImplementation(function (this: TenantHub, feed) {
        if (++fired < 10) poke.call(this, feed);
      });
      await found({ strict: true, patienceMs: 1_000 });
    },
    timeout,
  );

  test(
    "a removed id is kept",
    async () => {
      const draft = EachNode.prototype.draft;
      jest.spyOn(EachNode.prototype, "draft").mockImplementation(async function (this: EachNode, tick) {
        const next = await draft.call(this, tick);
        const removed = next.changes.some((change) => change.op === "delete");
        return removed ? { ...next, view: this.view, changes: [] } : next;
      });
      await found();
    },
    timeout,
  );
});
