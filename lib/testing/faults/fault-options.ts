/** How often a faulty engine does what, and how often it has done so. */

/** How often each fault happens: chances from 0 (the default, never) to 1 (every time). */
export interface FaultOptions {
  /** A number that makes a run repeatable. Default: random, shown in `engine.faults.seed`. */
  readonly seed?: number;
  /** Chance of a commit that happens and is answered with `commit_unknown_result` (1021). Default 0. */
  readonly unknownCommitted?: number;
  /** Chance of a commit that does not happen and is answered with 1021. Default 0. */
  readonly unknownNotCommitted?: number;
  /** Chance of a commit refused with `not_committed` (1020) although nobody conflicts. Default 0. */
  readonly conflict?: number;
  /** Chance of a read refused with `transaction_too_old` (1007). Default 0. */
  readonly tooOld?: number;
  /** Chance of an armed watch that fails with 1009 or 1039. Default 0. */
  readonly watchError?: number;
  /** Chance of an armed watch that fires although nothing changed. Default 0. */
  readonly spuriousFire?: number;
  /** Chance of an answer (or the start of a commit) that comes up to `maxDelayMs` late. Default 0. */
  readonly delay?: number;
  /** Milliseconds that a late answer takes at most. Default 5. */
  readonly maxDelayMs?: number;
  /** Chance of an answer that others may overtake: it waits for a few turns of the event loop. Default 0. */
  readonly reorder?: number;
}

/** Faults of a run so far. */
export interface FaultCounts {
  /** The seed that repeats the run. */
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
