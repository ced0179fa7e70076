/** Seed and number of runs of the property specs, from PLINTH_SEED and PLINTH_RUNS. */
export const propertyRuns = (runs: number): { numRuns: number; seed?: number } => ({
  numRuns: Number(process.env.PLINTH_RUNS ?? runs),
  ...(process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) }),
});

/** A whole number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** A small generator of repeatable random numbers. */
export function random(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}
