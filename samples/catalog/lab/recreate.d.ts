import { type Repo, type Tenant } from "plinth";
/**
 * Deletes every product with its reviews, one transaction each, and then writes them all again.
 *
 * Waits `pauseMs` between the steps. Once `signal` is aborted it waits no longer but still finishes, so that stopping
 * the server half-way loses nothing.
 */
export declare function recreate(repo: Repo, tenant: Tenant, pauseMs: number, signal: AbortSignal): Promise<void>;
