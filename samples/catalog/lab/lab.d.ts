import type { Counts } from "../meter.js";
import { Product } from "../product.js";
import type { Shop } from "../shop.js";
import { type Acknowledged } from "./burst.js";
export interface BurstResult {
    readonly transactions: number;
    readonly acknowledged: number;
    readonly attempts: number;
    readonly milliseconds: number;
    /** The sum of all versions now, and how much this burst added to it. */
    readonly sum: number;
    readonly added: number;
    readonly done: boolean;
}
export interface LabState {
    readonly counts: Counts;
    readonly running: "burst" | "recreate" | null;
    readonly burst: BurstResult | null;
}
/** The experiments of the lab page. One of the long ones runs at a time; `close` ends it early and waits for it. */
export declare class Lab {
    #private;
    constructor(shop: Shop);
    get state(): LabState;
    insert(): Promise<Product>;
    recreate(): Promise<void>;
    /** Runs the burst and counts; `onAcknowledged` hears of each update once it is in the store for good. */
    burst(onAcknowledged?: (update: Acknowledged) => void): Promise<BurstResult>;
    /** @throws RefusedRequest (409) while a burst or a recreation is under way. */
    refuseWhileBusy(): void;
    close(): Promise<void>;
}
