/** An engine that answers late and out of order, as a cluster does where the embedded engine is kinder. */

import type { Engine, TransactionDefaults } from "../../engine/index.js";
import { LateTransaction } from "./late-transaction.js";
import { Random } from "./random.js";
import { SharedVersion } from "./shared-version.js";

/** How late answers come. */
export interface LateOptions {
  /** A number that makes a run repeatable. */
  readonly seed: number;
  /** Number of turns of the event loop that an answer waits, at random below this. Default 8; 1 answers at once. */
  readonly turns?: number;
  /** Transactions that begin between two commits read at one version. Default true. */
  readonly shareVersions?: boolean;
}

/**
 * Wraps an engine so that its answers come late and overtake each other, and so that transactions which begin between
 * two commits share a read version. Each read still happens when it is asked, with the transaction's own writes of that
 * moment. All of it is within FoundationDB's contract, so correct code above it gives correct results.
 *
 * @example
 * const engine = lateEngine(await openEngine("memory:"), { seed: 7 });
 */
export function lateEngine(engine: Engine, options: LateOptions): Engine {
  const { seed, turns = 8, shareVersions = true } = options;
  const random = new Random(seed);
  const shared = shareVersions ? new SharedVersion() : undefined;
  return {
    kind: engine.kind,
    url: engine.url,
    lives: engine.lives,
    begin: (defaults?: TransactionDefaults) =>
      new LateTransaction(engine.begin(defaults), random, turns, shared),
    close: () => engine.close(),
  };
}
