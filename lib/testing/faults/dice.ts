/** Decides by a seed which faults happen, and counts them. */

import type { FaultChance, FaultCounts, FaultOptions } from "./fault-options.js";
import { Random } from "./random.js";
import { turns } from "./turns.js";

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
  private readonly numbers: Random;

  constructor(public options: FaultOptions) {
    const seed = options.seed ?? Math.floor(Math.random() * 0x1_0000_0000);
    this.numbers = new Random(seed);
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

  /** A number from 0 up to 1. */
  random(): number {
    return this.numbers.next();
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
    if (this.throws("reorder")) await turns(this.numbers.below(4));
  }
}
