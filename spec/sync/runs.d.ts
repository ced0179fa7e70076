/** Seed and number of runs of the property specs, from PLINTH_SEED and PLINTH_RUNS. */
export declare const propertyRuns: (runs: number) => {
  numRuns: number;
  seed?: number;
};
/** A small generator of repeatable random numbers. */
export declare function random(seed: number): (below: number) => number;
