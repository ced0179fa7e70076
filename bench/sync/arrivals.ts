import type { Listener } from "./contender.js";

/** Waits until the live queries of a store have shown a number of new rows, all together. */
export class Arrivals {
  #missing = 0;
  #done: (at: number) => void = () => {};

  /** For a query that only gains rows. */
  listener(): Listener {
    let shown = 0;
    return (rows) => {
      const now = rows().length;
      this.arrived(now - shown);
      shown = now;
    };
  }

  arrived(rows: number): void {
    this.#missing -= rows;
    if (this.#missing === 0) this.#done(performance.now());
  }

  /** The moment at which `rows` more have been shown; asked for before they are written. */
  expect(rows: number): Promise<number> {
    this.#missing = rows;
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }
}
