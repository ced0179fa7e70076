/** Seed and number of runs of the property specs: PLINTH_SEED repeats a failure, PLINTH_RUNS makes a long campaign. */
export const runs = (count: number) => ({
  numRuns: Math.ceil(count * Number(process.env.PLINTH_RUNS ?? 1)),
  ...(process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) }),
});

/** Milliseconds for a property spec, longer in a long campaign. */
export const timeout = (milliseconds: number) =>
  milliseconds * Math.max(1, Number(process.env.PLINTH_RUNS ?? 1));
