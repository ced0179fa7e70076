import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import { EachNode } from "../../lib/sync/each-node.js";
import { LayerReader } from "../../lib/sync/layer-reader.js";
import { TenantHub } from "../../lib/sync/tenant-hub.js";
import { someOfEverything, withFaults } from "../../lib/testing/faults.js";
import { runHistory } from "./oracle.js";

const seed = Number(process.env.PLINTH_SEED ?? 1);
/** Commits of each of the eight histories. */
const commits = Number(process.env.PLINTH_RUNS ?? 100);
const timeout = 30_000 + commits * 100;
const seeds = [0, 1, 2, 3].map((i) => seed * 100 + i);

describe("after every transition, folded events equal fresh queries at that version", () => {
  test.each(seeds)(
    "history %i",
    async (seed) => {
      expect(await runHistory({ seed, commits })).toBeGreaterThan(0);
    },
    timeout,
  );

  test.each(seeds)(
    "history %i, on an engine that misbehaves",
    async (seed) => {
      const engine = withFaults(await openEngine("memory:"), { ...someOfEverything, seed });
      expect(await runHistory({ seed, commits: Math.ceil(commits / 2), engine })).toBeGreaterThan(0);
      expect(engine.faults.spuriousFires + engine.faults.watchErrors).toBeGreaterThan(0);
    },
    timeout,
  );
});

describe("the oracle finds a planted bug", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  const history = () => runHistory({ seed, commits: 60, strict: true });

  test("none planted", async () => {
    await expect(history()).resolves.toBeGreaterThan(0);
  });

  test("a log entry that is dropped now and then", async () => {
    const log = LayerReader.prototype.log;
    let read = 0;
    jest.spyOn(LayerReader.prototype, "log").mockImplementation(async function (this: LayerReader, ...args) {
      const batch = await log.apply(this, args);
      return { ...batch, entries: batch.entries.filter(() => ++read % 20 !== 0) };
    });
    await expect(history()).rejects.toThrow();
  });

  test("a watch that is not set again", async () => {
    let fired = 0;
    const poke = TenantHub.prototype.poke;
    jest.spyOn(TenantHub.prototype, "poke").mockImplementation(function (this: TenantHub, feed) {
      if (++fired < 10) poke.call(this, feed);
    });
    await expect(history()).rejects.toThrow();
  });

  test("a removed id that is kept", async () => {
    const draft = EachNode.prototype.draft;
    jest.spyOn(EachNode.prototype, "draft").mockImplementation(async function (this: EachNode, tick) {
      const next = await draft.call(this, tick);
      const removed = next.changes.some((change) => change.op === "delete");
      return removed ? { ...next, view: this.view, changes: [] } : next;
    });
    await expect(history()).rejects.toThrow();
  });
});
