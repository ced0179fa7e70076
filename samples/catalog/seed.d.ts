import type { Repo, Tenant } from "plinth";
/** Writes the first products and their reviews, all in one transaction. */
export declare function seed(repo: Repo, tenant: Tenant): Promise<void>;
