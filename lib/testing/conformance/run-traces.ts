/** Runs many traces, several at once where the stores allow it, and counts how many agree. */

import type { Engine } from "../../engine/index.js";
import { replay } from "./replay.js";
import type { Mismatch, Trace } from "./trace.js";

/** How many traces agree. */
export interface RunSummary {
  /** Traces without a mismatch. */
  readonly passed: number;
  /** Traces with a mismatch. */
  readonly failed: number;
  /** All mismatches, in the order of the traces. */
  readonly mismatches: readonly Mismatch[];
}

/** Options of `runTraces`. */
export interface RunOptions {
  /** Milliseconds that a watch is given to fire before it counts as pending. Default 120. */
  readonly watchPauseMs?: number;
  /** Number of traces at once; above 1, `open` must give stores that do not share anything. Default 1. */
  readonly jobs?: number;
}

/**
 * Replays traces, each on an engine of its own from `open`, which is closed after it.
 *
 * @example const { passed, failed } = await runTraces(parseTraces(text), () => openEngine("memory:"), { jobs: 2 });
 * @throws what an engine throws that is no EngineError
 */
export async function runTraces(
  traces: readonly Trace[],
  open: () => Promise<Engine>,
  options: RunOptions = {},
): Promise<RunSummary> {
  const found: Mismatch[][] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < traces.length; at = next++) {
      const engine = await open();
      try {
        found[at] = await replay(engine, traces[at]!, options);
      } finally {
        await engine.close();
      }
    }
  };
  await Promise.all(Array.from({ length: options.jobs ?? 1 }, work));
  const failed = found.filter((mismatches) => mismatches.length > 0).length;
  return { passed: traces.length - failed, failed, mismatches: found.flat() };
}
