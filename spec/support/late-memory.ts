import { expect } from "@jest/globals";
import { type EmbeddedOptions, openMemory as openInMemory } from "../../lib/engine/embedded/open-embedded.js";
import type { Engine } from "../../lib/engine/index.js";
import { lateEngine } from "../../lib/testing/faults/late-engine.js";

// Takes the place of `lib/engine/embedded` in `openEngine` (see jest.config.ts), so that every spec that opens "memory:"
// gets its answers late and in any order, as on a cluster.

export * from "../../lib/engine/embedded/index.js";

/** These are about the embedded engine itself. */
const aboutEngines = /[\\/]spec[\\/](engine|conformance|foundationdb)[\\/]/;
const first = Number(process.env.PLINTH_TEST_URL?.slice("late:".length) || 1);
let opened = 0;
/** Answers that come late take their time from the five seconds: here a transaction has a minute, on a busy machine too. */
const slowClock = (): number => (performance.now() * 1000) / 12;

export async function openMemory(options: EmbeddedOptions = {}): Promise<Engine> {
  if (aboutEngines.test(expect.getState().testPath ?? "")) return openInMemory(options);
  const engine = await openInMemory({ clock: slowClock, ...options });
  return lateEngine(engine, { seed: first + opened++ });
}
