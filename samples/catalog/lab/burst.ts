import { from, type Repo, type Tenant } from "plinth";
import { Product } from "../product.js";
import { versionOf, withVersion } from "./version.js";

/** An update that is in the store for good: the product, and the N of the name it was given. */
export interface Acknowledged {
  readonly id: string;
  readonly version: number;
}

export interface BurstOptions {
  /** How many updates; default 4,000. */
  readonly transactions?: number;
  /** How many are under way at once; default 1,000. */
  readonly concurrency?: number;
  /** Called once for each transaction that committed. */
  readonly onAcknowledged?: (update: Acknowledged) => void;
  /** Called each time a transaction's body runs, so more often than it commits when it had to run again. */
  readonly onAttempt?: () => void;
  /** Starts no further transaction once it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Many transactions, each of which reads a random product and updates its name to the next "vN".
 *
 * They all want the same few rows, so this is the worst case for optimistic concurrency. Since every update adds one to
 * what it read, the versions at the end add up to the number of updates, unless one was lost or applied twice.
 */
export async function burst(repo: Repo, tenant: Tenant, options: BurstOptions = {}): Promise<void> {
  const { transactions = 4_000, concurrency = 1_000, onAcknowledged, onAttempt, signal } = options;
  const ids = await repo.all(from(Product).select("id"), { tenant });
  if (ids.length === 0) return;
  let started = 0;

  const countUp = async (id: string): Promise<void> => {
    const version = await repo.transactional(tenant, async () => {
      onAttempt?.();
      const product = await repo.get(Product, id);
      if (product === null) return null;
      const next = versionOf(product.name) + 1;
      await repo.update(Product.changeset(product, { name: withVersion(product.name, next) }));
      return next;
    });
    if (version !== null) onAcknowledged?.({ id, version });
  };
  const worker = async (): Promise<void> => {
    while (started < transactions && !signal?.aborted) {
      started++;
      await countUp(ids[Math.floor(Math.random() * ids.length)]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, transactions) }, worker));
}
