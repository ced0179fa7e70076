import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { openEngine } from "../../lib/engine/index.js";
import { parseTraces, replay, runTraces } from "../../lib/testing/conformance/index.js";

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, "../fixtures/fdb-traces", name), "utf8");
const scenarios = parseTraces(fixture("scenarios.jsonl"));
const random = parseTraces(fixture("random.jsonl"));

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
