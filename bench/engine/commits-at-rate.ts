/** Commits of one write each at a rate, as a service has them, however long one of them takes. */

import type { Engine } from "../../lib/engine/index.js";
import { quantile } from "../harness/measure.js";

export interface AtRate {
  readonly seconds: number;
  /** Acknowledged a second. */
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** More than these wait for no answer, so that a store that cannot follow is not buried. */
const MOST_IN_FLIGHT = 2000;

export async function commitsAtRate(
  store: Engine,
  rate: number,
  keyOf: (i: number) => Buffer,
  until: () => boolean,
): Promise<AtRate> {
  const value = Buffer.alloc(100, 9);
  const times: number[] = [];
  const waiting = new Set<Promise<void>>();
  const started = performance.now();
  const since = (): number => performance.now() - started;
  const commit = async (i: number): Promise<void> => {
    const asked = performance.now();
    const tx = store.begin();
    tx.set(keyOf(i), value);
    await tx.commit();
    times.push(performance.now() - asked);
  };
  for (let i = 0; !until(); ) {
    for (; i < (since() / 1000) * rate && waiting.size < MOST_IN_FLIGHT; i++) {
      const one = commit(i).finally(() => waiting.delete(one));
      waiting.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(waiting);
  const seconds = since() / 1000;
  return {
    seconds,
    perSecond: times.length / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}
