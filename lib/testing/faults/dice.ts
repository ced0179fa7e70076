/** Decides by a seed which faults happen, and counts them. */

import type { FaultChance, FaultCounts, FaultOptions } from "./fault-options.js";

const countOf: Record<FaultChance, Exclude<keyof FaultCounts, "seed">> = {
  unknownCommitted: "unknownCommitted",
  unknownNotCommitted: "unknownNotCommitted",
  conflict: "conflicts",
  tooOld: "tooOld",
  watchError: "watchErrors",
  spuriousFire: "spuriousFires",
  delay: "delays",
  reorder: "reorders",
};

export class Dice {
  readonly counts: FaultCounts;
  private state: number;

  constructor(public options: FaultOptions) {
    const seed = options.seed ?? Math.floor(Math.random() * 0x1_0000_0000);
    this.state = seed;
    this.counts = {
      seed,
      unknownCommitted: 0,
      unknownNotCommitted: 0,
      conflicts: 0,
      tooOld: 0,
      watchErrors: 0,
      spuriousFires: 0,
      delays: 0,
      reorders: 0,
    };
  }

  /** A number from 0 up to 1, by mulberry32. */
  random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** Whether the fault happens now; counted when it does. */
  throws(fault: FaultChance): boolean {
    const happens = this.random() < (this.options[fault] ?? 0);
    if (happens) this.counts[countOf[fault]]++;
    return happens;
  }

  /** Waits as the faults say. */
  async late(): Promise<void> {
    if (this.throws("delay")) {
      const ms = this.random() * (this.options.maxDelayMs ?? 5);
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
    if (this.throws("reorder")) {
      for (let turns = Math.floor(this.random() * 4); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
