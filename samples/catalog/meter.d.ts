import { type Engine } from "plinth/engine";
/** What the store did since the server started. */
export interface Counts {
    /** Transactions that wrote and committed. */
    readonly commits: number;
    /** How often such a transaction tried to commit. */
    readonly attempts: number;
    /** Attempts that lost to another transaction and ran again. */
    readonly conflicts: number;
}
/** Counts the commits of an engine. Those that only read do not count: they cannot fail. */
export declare function meter(engine: Engine): {
    readonly engine: Engine;
    readonly counts: () => Counts;
};
