/** The keys that parts of a transaction work on: whoever else wants one waits until the part has ended. */

import { TransactionDeadlockError } from "../../errors.js";

/** A part of a transaction, by what it holds and waits for. */
export class Claimant {
  readonly held = new Set<string>();
  readonly #waitsFor = new Set<Claimant>();
  #end!: () => void;
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  /** Waits for another part's end. @throws TransactionDeadlockError when that one waits for this one */
  async wait(other: Claimant): Promise<void> {
    if (other.#leadsTo(this)) throw deadlock();
    this.#waitsFor.add(other);
    try {
      await other.#ended;
    } finally {
      this.#waitsFor.delete(other);
    }
  }

  /** Resolves when the part has ended. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  end(): void {
    this.#end();
  }

  #leadsTo(other: Claimant): boolean {
    if (this === other) return true;
    for (const next of this.#waitsFor) if (next.#leadsTo(other)) return true;
    return false;
  }
}

/** The claims of the parts that stand directly in one transaction, or in one part. */
export class Claims {
  readonly #owners = new Map<string, Claimant>();

  ownerOf(key: string): Claimant | undefined {
    return this.#owners.get(key);
  }

  grant(key: string, claimant: Claimant): void {
    this.#owners.set(key, claimant);
    claimant.held.add(key);
  }

  release(claimant: Claimant): void {
    for (const key of claimant.held) this.#owners.delete(key);
    claimant.held.clear();
    claimant.end();
  }
}

const deadlock = (): TransactionDeadlockError =>
  new TransactionDeadlockError(
    "Two parts of a transaction (nested repo.transactional, or writes of related records) that run beside each other " +
      "wait for each other's records. This one gave up. Run them one after the other: await the first before the second.",
  );
