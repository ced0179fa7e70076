/** One transaction of a Repo, over all of its attempts, as those see it that change the same records. */

import type { Attempt } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { MemberTransaction } from "./member-transaction.js";

/** Who runs first of the transactions that change one record. */
export interface HotRecord {
  readonly key: string;
  holder: Ticket | undefined;
  /** Milliseconds, as the clock of waits counts them. */
  heldSince: number;
  readonly queue: Waiter[];
  /** Read first by transactions that then did not write it: nobody waits. */
  calm: boolean;
  writtenAt: number;
  timer: NodeJS.Timeout | undefined;
}

export class Ticket {
  /** Records that this transaction runs alone on. */
  readonly held = new Set<HotRecord>();
  /** Records written in the attempt under way. */
  written = new Set<string>();
  /** The most that may be in a group with this one, itself included; 1 is alone. */
  company: number;
  /** The transaction has ended, perhaps while a call of it still waited. */
  left = false;
  /** The group that it is in. */
  group: Ticket | undefined;

  constructor(
    /** The function of the transaction: what wrote nothing before is not expected to write. */
    readonly body: unknown,
    /** When it times out, in milliseconds since 1970: it waits no longer, and gets the engine's error. */
    readonly deadline?: number,
    /** Of one that may be committed together with others of this tenant. */
    readonly tenant?: Tenant,
  ) {
    this.company = tenant === undefined ? 1 : Number.POSITIVE_INFINITY;
  }

  /** Notes a record as written, by the whole group. */
  write(key: string): void {
    this.written.add(key);
    this.group?.written.add(key);
  }
}

/** A transaction that waits for a record. */
export interface Waiter {
  readonly ticket: Ticket;
  /** Records that it waits for afterwards, in the order of their keys. */
  readonly wants: readonly string[];
  /** It waits no longer: its time is over. */
  gone: boolean;
  /** @param seat its place in a group; without one it runs by itself */
  go(seat?: Seat): void;
}

/** What became of a group. */
export type Settlement =
  /** `version` is -1n when nobody in it wrote. */
  | { readonly is: "committed"; readonly version: bigint; readonly members: number }
  /** The engine refused it as it refuses a transaction that may run again. */
  | { readonly is: "refused"; readonly members: number }
  /** It cannot be committed as a whole, which says nothing of its members. */
  | { readonly is: "apart" }
  /** The commit may have happened. */
  | { readonly is: "unknown"; readonly error: Error };

/** What a transaction sees of its place in a group; the place is free again after `keep` or `drop`. */
export interface Seat {
  /** What became of the group; never rejects. */
  readonly settled: Promise<Settlement>;
  /** Whether it held up the others for so long that they went on without it. */
  readonly late: boolean;
  /** Whether it has done nothing that only a transaction by itself can do. */
  readonly fit: boolean;
  /** Whether its function will be as unfit the next time. */
  readonly lonely: boolean;
  /** Whether its writes are the group's. */
  readonly kept: boolean;
  /** Whether there were any. */
  readonly wrote: boolean;
  /** Seats the transaction, which has used nothing so far. */
  take(member: MemberTransaction, attempt: Attempt): void;
  /** Makes its writes the group's. False when it is late, or is not fit: then it has never been in it. */
  keep(): boolean;
  /** Forgets its writes. */
  drop(): void;
}
