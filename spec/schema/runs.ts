/** Seed and number of runs of property specs: PLINTH_SEED repeats a failure, PLINTH_RUNS makes a long campaign. */
export const runs = (usual: number): { numRuns: number; seed?: number } => ({
  numRuns: Number(process.env.PLINTH_RUNS ?? usual),
  ...(process.env.PLINTH_SEED !== undefined && { seed: Number(process.env.PLINTH_SEED) }),
});
