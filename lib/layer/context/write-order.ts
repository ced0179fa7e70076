/** The order in which writes beside each other take effect: that of the calls, in whatever order answers come back. */

/** Gives out the numbers (0 to 65,535) of a commit's operations, each once. */
export interface Numbers {
  nextOp(): number;
}

/**
 * Writes of one transaction read beside each other, all at once, and then write one after the other, each when those
 * called before it have written or failed.
 */
export class WriteOrder {
  #entered = 0;
  #next = 0;
  #left: Set<number> | undefined;
  #waiting: Map<number, () => void> | undefined;

  /**
   * @param numbers gives each place its number in the commit
   */
  constructor(private readonly numbers: Numbers) {}

  /** The place of a write that begins now. */
  enter(): WritePlace {
    return new WritePlace(this, this.#entered++, this.numbers);
  }

  /** Runs a write in the place that it has now. */
  async run<T>(write: (place: WritePlace) => Promise<T>): Promise<T> {
    const place = this.enter();
    try {
      return await write(place);
    } finally {
      place.leave();
    }
  }

  /** Resolves when all places before this one are left; `undefined` is at once. */
  turn(place: number): Promise<void> | undefined {
    if (place === this.#next) return undefined;
    return new Promise((resolve) => {
      this.#waiting ??= new Map();
      this.#waiting.set(place, resolve);
    });
  }

  leave(place: number): void {
    if (place !== this.#next) {
      this.#left ??= new Set();
      this.#left.add(place);
      return;
    }
    do this.#next++;
    while (this.#left?.delete(this.#next) === true);
    const go = this.#waiting?.get(this.#next);
    if (go === undefined) return;
    this.#waiting!.delete(this.#next);
    go();
  }
}

/** The place of one write in its order. Whoever enters leaves it, whatever happens. */
export class WritePlace {
  /** The write's number in the commit, unless it comes to write later than its place. */
  readonly number: number;
  #left = false;

  constructor(
    private readonly order: WriteOrder,
    private readonly at: number,
    numbers: Numbers,
  ) {
    this.number = numbers.nextOp();
  }

  /** Resolves when it is this write's turn; `undefined` is at once. */
  turn(): Promise<void> | undefined {
    return this.#left ? undefined : this.order.turn(this.at);
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.order.leave(this.at);
  }
}
