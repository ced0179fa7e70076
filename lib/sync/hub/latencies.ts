/** Keeps the newest measurements of a duration, in constant memory, and tells their percentiles. */

/** Measurements that are remembered. */
const kept = 1_024;

/** How long something takes, of the newest measurements; milliseconds. */
export interface Percentiles {
  /** Measurements that the percentiles are of: the newest 1,024 at most. */
  readonly samples: number;
  /** Half of them took no longer; null while there are none. */
  readonly p50Ms: number | null;
  /** 99 of 100 took no longer; null while there are none. */
  readonly p99Ms: number | null;
}

/** Keeps measurements in a ring. */
export class Latencies {
  readonly #ring = new Float64Array(kept);
  #count = 0;

  add(ms: number): void {
    this.#ring[this.#count++ % kept] = ms;
  }

  percentiles(): Percentiles {
    const samples = Math.min(this.#count, kept);
    const sorted = this.#ring.slice(0, samples).sort();
    const at = (share: number) => (samples === 0 ? null : sorted[Math.ceil(share * samples) - 1]!);
    return { samples, p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}
