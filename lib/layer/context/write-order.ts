/** The order in which writes beside each other take effect: that of the calls, in whatever order answers come back. */

/** Gives out the numbers (0 to 65,535) of a commit's operations, each once. */
export interface Numbers {
  nextOp(): number;
  /** The number as it is in the commit, which may begin with operations of other transactions. */
  inCommit(number: number): number;
}

/**
 * Writes of one transaction read beside each other, all at once, and then write one after the other, each when those
 * called before it have written or failed.
 *
 * A write of several rows is in none of their turns: it works in a part of the transaction, beside the others. One that
 * concerns rows which it first has to find (those that go with a record that is deleted) works alone: behind all that
 * were called before it, also those of several rows, and before all that were called after it.
 */
export class WriteOrder {
  #entered = 0;
  #next = 0;
  #left: Set<number> | undefined;
  #waiting: Map<number, () => void> | undefined;
  /** Places that have not said yet whether they work alone, and those that do; in their order. */
  readonly #unsaid = new Set<number>();
  #saying: (() => void)[] = [];
  /** Writes of several rows that have left their places. */
  #parts: Set<Promise<void>> | undefined;

  /**
   * @param numbers gives each place its number in the commit
   */
  constructor(private readonly numbers: Numbers) {}

  /** The place of a write that begins now. */
  enter(): WritePlace {
    this.#unsaid.add(this.#entered);
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

  /** The place is of a write that does not work alone. */
  say(place: number): void {
    if (!this.#unsaid.delete(place) || this.#saying.length === 0) return;
    const go = this.#saying;
    this.#saying = [];
    for (const one of go) one();
  }

  /** Resolves when nobody before this place works alone, or might; `undefined` is at once. */
  passing(place: number): Promise<void> | undefined {
    const [first = place] = this.#unsaid;
    if (first >= place) return undefined;
    return new Promise<void>((resolve) => this.#saying.push(resolve)).then(() => this.passing(place));
  }

  /** A write of several rows begins; gives the function that ends it. */
  begin(): () => void {
    this.#parts ??= new Set();
    let end!: () => void;
    const part = new Promise<void>((resolve) => {
      end = resolve;
    });
    const parts = this.#parts.add(part);
    return () => {
      parts.delete(part);
      end();
    };
  }

  /** Resolves when the writes of several rows that have begun have ended. */
  async partsEnded(): Promise<void> {
    if (this.#parts !== undefined) await Promise.all(this.#parts);
  }

  leave(place: number): void {
    this.say(place);
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
  readonly #number: number;
  #left = false;

  constructor(
    private readonly order: WriteOrder,
    private readonly at: number,
    private readonly numbers: Numbers,
  ) {
    this.#number = numbers.nextOp();
  }

  /** The write's number in the commit, unless it comes to write later than its place. */
  get number(): number {
    return this.numbers.inCommit(this.#number);
  }

  /** Resolves when it is this write's turn; `undefined` is at once. */
  turn(): Promise<void> | undefined {
    return this.#left ? undefined : this.order.turn(this.at);
  }

  /** The write is of one row that is known, and works in its turn. */
  single(): void {
    this.order.say(this.at);
  }

  /**
   * Runs a write of several rows as a part beside the others: the place is given up, once nobody before it works alone.
   */
  async several<T>(write: () => Promise<T>): Promise<T> {
    // Until it knows that nobody does, it may be one that those behind it have to wait for.
    for (let wait = this.order.passing(this.at); wait !== undefined; wait = this.order.passing(this.at))
      await wait;
    const end = this.order.begin();
    this.leave();
    try {
      return await write();
    } finally {
      end();
    }
  }

  /** Runs a write alone: all that were called before it have ended, and those after it wait. */
  async alone<T>(write: () => Promise<T>): Promise<T> {
    await this.turn();
    await this.order.partsEnded();
    try {
      return await write();
    } finally {
      this.leave();
    }
  }

  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.order.leave(this.at);
  }
}
