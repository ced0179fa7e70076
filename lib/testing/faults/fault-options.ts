/** How often a faulty engine does what, and how often it has done so. */

/** How often each fault happens: chances from 0 to 1. */
export interface FaultOptions {
  /** Makes a run repeatable. Default: random, shown in `engine.faults.seed`. */
  readonly seed?: number;
  /** A commit that happens and is answered with `commit_unknown_result` (1021). */
  readonly unknownCommitted?: number;
  /** A commit that does not happen and is answered with 1021. */
  readonly unknownNotCommitted?: number;
  /** A commit refused with `not_committed` (1020) although nobody conflicts. */
  readonly conflict?: number;
  /** A read refused with `transaction_too_old` (1007). */
  readonly tooOld?: number;
  /** An armed watch that fails with 1009 or 1039. */
  readonly watchError?: number;
  /** An armed watch that fires although nothing changed. */
  readonly spuriousFire?: number;
  /** An answer (or the start of a commit) that comes up to `maxDelayMs` late. */
  readonly delay?: number;
  /** Default 5. */
  readonly maxDelayMs?: number;
  /** An answer that others may overtake: it waits for a few turns of the event loop. */
  readonly reorder?: number;
}

/** Faults of a run so far. */
export interface FaultCounts {
  readonly seed: number;
  unknownCommitted: number;
  unknownNotCommitted: number;
  conflicts: number;
  tooOld: number;
  watchErrors: number;
  spuriousFires: number;
  delays: number;
  reorders: number;
}

export type FaultChance = Exclude<keyof FaultOptions, "seed" | "maxDelayMs">;

/** A little of everything: what code above an engine has to stand. */
export const someOfEverything: FaultOptions = Object.freeze({
  unknownCommitted: 0.02,
  unknownNotCommitted: 0.02,
  conflict: 0.05,
  tooOld: 0.01,
  watchError: 0.05,
  spuriousFire: 0.1,
  delay: 0.05,
  maxDelayMs: 3,
  reorder: 0.3,
});
