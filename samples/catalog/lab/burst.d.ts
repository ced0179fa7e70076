import { type Repo, type Tenant } from "plinth";
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
export declare function burst(repo: Repo, tenant: Tenant, options?: BurstOptions): Promise<void>;
