/** Makes an engine misbehave as a cluster may. */

import type { Engine, TransactionDefaults } from "../../engine/index.js";
import { Dice } from "./dice.js";
import type { FaultCounts, FaultOptions } from "./fault-options.js";
import { FaultyTransaction } from "./faulty-transaction.js";

/** An engine that misbehaves as a cluster may. */
export interface FaultyEngine extends Engine {
  /** What was injected so far, and the seed that repeats it. */
  readonly faults: FaultCounts;
  /** Changes the chances from now on; `{}` injects nothing more. */
  setFaults(options: Omit<FaultOptions, "seed">): void;
}

/**
 * Wraps an engine so that it misbehaves as a cluster may: unknown commits (that happened or did not), conflicts,
 * old reads, watches that fail or fire by themselves, late and overtaken answers. Everything it does is within
 * FoundationDB's contract, so correct code above it gives correct results.
 *
 * @example
 * const engine = withFaults(await openEngine("memory:"), { ...someOfEverything, seed: 7 });
 */
export function withFaults(engine: Engine, options: FaultOptions): FaultyEngine {
  const dice = new Dice(options);
  return {
    kind: engine.kind,
    url: engine.url,
    lives: engine.lives,
    faults: dice.counts,
    setFaults(next) {
      dice.options = next;
    },
    begin: (defaults?: TransactionDefaults) => new FaultyTransaction(engine.begin(defaults), dice),
    close: () => engine.close(),
  };
}
