import { Repo, Sync, Tenant } from "plinth";
import { type Counts } from "./meter.js";
/** The store of the sample: one tenant of one repo, and the sync engine on it. */
export interface Shop {
    readonly repo: Repo;
    readonly tenant: Tenant;
    readonly sync: Sync;
    readonly counts: () => Counts;
    close(): Promise<void>;
}
/** Opens the store that `url` names, and writes the first products when it is new. */
export declare function openShop(url: string): Promise<Shop>;
