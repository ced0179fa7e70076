/** Sizes the steps of a build by how long the last ones took and what stopped them. */

/** How much one step of a build does. */
export interface StepOptions {
  /** Milliseconds after which a step commits, default 200. */
  readonly stepMs?: number;
  /**
   * Bytes that a step reads and writes at most, about; default 1,000,000. A step holds one record at least.
   */
  readonly stepBytes?: number;
}

const SMALLEST = 2_000;

/**
 * The size of the next step: grows while steps are quick, shrinks when they are slow, run into a limit of the store,
 * or meet writers in the same place.
 */
export class Budget {
  readonly milliseconds: number;
  bytes: number;
  private readonly largest: number;

  constructor(options: StepOptions = {}) {
    this.milliseconds = options.stepMs ?? 200;
    this.largest = options.stepBytes ?? 1_000_000;
    this.bytes = Math.min(64_000, this.largest);
  }

  succeeded(elapsed: number): void {
    if (elapsed > this.milliseconds) this.shrink();
    else if (elapsed < this.milliseconds / 2) this.bytes = Math.min(this.largest, this.bytes * 2);
  }

  shrink(): void {
    this.bytes = Math.max(Math.min(SMALLEST, this.largest), Math.floor(this.bytes / 2));
  }
}
