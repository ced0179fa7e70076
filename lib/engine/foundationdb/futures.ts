/** Keeps the owners of the binding's futures alive until the futures have settled. */

import { fromNative } from "./failure.js";
import { countFutures } from "./start-client.js";

/** What owns futures and can make them settle. */
export interface Cancellable {
  cancel(): void;
}

/** One owner with unsettled futures; held weakly while it waits only for what it may never do itself. */
class Holding {
  strong = 0;
  weak = 0;
  readonly ref: WeakRef<Cancellable>;

  constructor(owner: Cancellable) {
    this.ref = new WeakRef(owner);
  }
}

/**
 * Every future of the binding that has not settled, with its owner: an owner that is collected takes its futures
 * with it, and a database must not go before them.
 */
export class Futures {
  readonly #held = new Set<Cancellable>();
  readonly #holdings = new Set<Holding>();
  readonly #byOwner = new WeakMap<Cancellable, Holding>();
  #drained: (() => void) | undefined;

  /** Owners with futures that have not settled. */
  get pending(): number {
    return this.#holdings.size;
  }

  /** Holds `owner` until `future` settles; errors come out as the port's. */
  track<T>(owner: Cancellable, future: Promise<T>): Promise<T> {
    return this.#track(owner, future, "strong");
  }

  /** As `track`, for a future that waits for its owner to act: collecting the owner is what may settle it. */
  trackWeakly<T>(owner: Cancellable, future: Promise<T>): Promise<T> {
    return this.#track(owner, future, "weak");
  }

  #track<T>(owner: Cancellable, future: Promise<T>, how: "strong" | "weak"): Promise<T> {
    const holding = this.#byOwner.get(owner) ?? new Holding(owner);
    this.#byOwner.set(owner, holding);
    this.#holdings.add(holding);
    holding[how]++;
    if (how === "strong") this.#held.add(owner);
    countFutures(1);
    return this.#settling(holding, future, how);
  }

  /** Apart from `#track`, so that what waits for the future does not hold the owner. */
  #settling<T>(holding: Holding, future: Promise<T>, how: "strong" | "weak"): Promise<T> {
    return future.then(
      (value) => {
        this.#release(holding, how);
        return value;
      },
      (error) => {
        this.#release(holding, how);
        throw fromNative(error);
      },
    );
  }

  /** Cancels all owners and resolves when their futures have settled. */
  drain(): Promise<void> {
    for (const holding of [...this.#holdings]) holding.ref.deref()?.cancel();
    if (this.#holdings.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  #release(holding: Holding, how: "strong" | "weak"): void {
    countFutures(-1);
    holding[how]--;
    const owner = holding.ref.deref();
    if (holding.strong === 0 && owner !== undefined) this.#held.delete(owner);
    if (holding.strong + holding.weak > 0) return;
    this.#holdings.delete(holding);
    if (this.#holdings.size === 0) this.#drained?.();
  }
}
