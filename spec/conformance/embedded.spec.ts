import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { type Engine, EngineError, openEngine } from "../../lib/engine/index.js";
import { parseTraces, replay, runTraces } from "../../lib/testing/conformance/index.js";
import { lateEngine } from "../../lib/testing/faults/index.js";
import { differences } from "./states.js";

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, "../fixtures/fdb-traces", name), "utf8");
const scenarios = parseTraces(fixture("scenarios.jsonl"));
const random = [
  ...parseTraces(fixture("random.jsonl")),
  ...parseTraces(
    gunzipSync(
      readFileSync(join(import.meta.dirname, "../fixtures/fdb-traces/random-73.jsonl.gz")),
    ).toString(),
  ),
];

describe("traces of a real cluster", () => {
  test("random operations are answered alike", async () => {
    const { passed, mismatches } = await runTraces(random, () => openEngine("memory:"), {
      watchPauseMs: 20,
      jobs: 16,
    });
    expect(mismatches).toEqual([]);
    expect(passed).toBe(random.length);
  });

  test("scenarios are answered alike", async () => {
    const { passed, mismatches } = await runTraces(scenarios, () => openEngine("memory:"), {
      watchPauseMs: 20,
      jobs: 32,
    });
    expect(mismatches).toEqual([]);
    expect(passed).toBe(scenarios.length);
  });

  test("a store on disk, synced, answers as the one in memory", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-conformance-"));
    const engine = await openEngine(`embedded:${folder}`);
    try {
      for (const trace of random.slice(0, 20))
        expect(await replay(engine, trace, { watchPauseMs: 20 })).toEqual([]);
    } finally {
      await engine.close();
      rmSync(folder, { recursive: true });
    }
  });

  test("a wrong answer is found", async () => {
    const [trace] = scenarios;
    const steps = trace!.steps.map((step) => (step.op === "get" ? { ...step, result: { v: "00" } } : step));
    const engine = await openEngine("memory:");
    const found = await replay(engine, { name: "changed", steps });
    await engine.close();
    expect(found.length).toBeGreaterThan(0);
  });
});

describe("every call in every state of a transaction", () => {
  test("is answered as by a cluster", async () => {
    const engine = await openEngine("memory:");
    expect(await differences(engine)).toEqual([]);
    expect(await differences(lateEngine(engine, { seed: 3 }))).toEqual([]);
    await engine.close();
  });

  test("a wrong answer is found", async () => {
    const engine = await openEngine("memory:");
    const kind: Engine = {
      kind: engine.kind,
      url: engine.url,
      begin: (options) => {
        const tx = engine.begin(options);
        tx.getApproximateSize = () => Promise.reject(new EngineError(1000));
        return tx;
      },
      close: () => engine.close(),
    };
    expect(await differences(kind)).toContain(
      "fresh.approximateSize: 1000 ok ok ok ok ok for ok ok ok ok ok ok",
    );
    await kind.close();
  });
});
