import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { openFoundationDB } from "../../lib/engine/foundationdb/open-foundationdb.js";
import { openEngine } from "../../lib/engine/open.js";
import type { Engine } from "../../lib/engine/port/engine.js";
import { parseTraces, runTraces } from "../../lib/testing/conformance/index.js";
import { differences } from "../conformance/states.js";
import { StandIn } from "./stand-in.js";

/**
 * What a real cluster answered must come through the adapter unchanged. Traces that wait for a clock are left to the
 * engine's own replay: the adapter has none.
 */
const traces = ["random", "scenarios"]
  .flatMap((name) =>
    parseTraces(readFileSync(new URL(`../fixtures/fdb-traces/${name}.jsonl`, import.meta.url), "utf8")),
  )
  .filter(({ steps }) => steps.every(({ op }) => op !== "sleep"));
let native: StandIn | undefined;

async function open(): Promise<Engine> {
  const store = await openEngine("memory:");
  native ??= new StandIn(store);
  native.engine = store;
  const engine = await openFoundationDB("fdb:", { native, timeoutMs: 0 });
  return {
    kind: engine.kind,
    url: engine.url,
    begin: (options) => engine.begin(options),
    close: () => engine.close().then(() => store.close()),
  };
}

test("the traces of a cluster are answered alike through the adapter", async () => {
  const { passed, mismatches } = await runTraces(traces, open, { watchPauseMs: 40, jobs: 24 });
  expect(mismatches).toEqual([]);
  expect(passed).toBe(traces.length);
  expect(passed).toBeGreaterThan(200);
  expect(native?.pending).toBe(0);
});

test("every call in every state of a transaction is answered alike through the adapter", async () => {
  const engine = await open();
  expect(await differences(engine)).toEqual([]);
  await engine.close();
  expect(native?.pending).toBe(0);
});
