/** Transactions that run one after the other inside one engine transaction, and are committed together.
 *
 * Each works in a part of it, which becomes the group's when its function has succeeded, and has never been when it
 * failed; so each sees the writes of those before it, and of those only. All were called before the group takes its read
 * version, and what each has read is a conflict of the one commit: they are as serializable as one by one.
 */

import { EngineError, isMaybeCommitted, type Transaction } from "../../engine/index.js";
import { NestedTransaction } from "../../engine/nested/index.js";
import { SharedCommit } from "../../layer/index.js";
import { GroupSeat } from "./group-seat.js";
import { BYTES, RUNNING_MS, RUNNING_MS_IN_ALL, UNPROVEN_MS } from "./limits.js";
import type { Settlement, Ticket, Waiter } from "./ticket.js";
import { waited } from "./waited.js";

/** Milliseconds between looks at the transaction that runs. */
const LOOK_MS = 25;

export class Group {
  readonly #commit = new SharedCommit();
  readonly #settled: Promise<Settlement>;
  #settle!: (settlement: Settlement) => void;
  #members = 0;
  #bytes = 0;
  #seat: { readonly seat: GroupSeat; readonly since: number } | undefined;

  constructor(
    private readonly tx: Transaction,
    private readonly ticket: Ticket,
  ) {
    this.#settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Runs and commits them. Gives those that it has not begun; never throws. */
  async run(waiters: readonly Waiter[]): Promise<readonly Waiter[]> {
    const looking = setInterval(() => this.#look(), LOOK_MS);
    let begun = 0;
    try {
      begun = await this.#runEach(waiters);
    } finally {
      clearInterval(looking);
      const settlement = await this.#end();
      if (settlement.is !== "committed") this.tx.cancel();
      this.#settle(settlement);
    }
    return waiters.slice(begun);
  }

  async #runEach(waiters: readonly Waiter[]): Promise<number> {
    const until = performance.now() + RUNNING_MS_IN_ALL;
    const untilWaited = waited() + RUNNING_MS;
    const full = () => this.#bytes >= BYTES || performance.now() >= until || waited() >= untilWaited;
    let at = 0;
    for (; at < waiters.length; at++) {
      if (at > 0 && full()) break;
      const waiter = waiters[at] as Waiter;
      if (waiter.gone) continue;
      if (waiter.ticket.left) {
        waiter.go();
        continue;
      }
      const part = await NestedTransaction.begin(this.tx).catch(() => undefined);
      if (part === undefined) break;
      await this.#run(waiter, part);
    }
    return at;
  }

  async #run(waiter: Waiter, part: NestedTransaction): Promise<void> {
    const { ticket } = waiter;
    ticket.group = this.ticket;
    const seat = new GroupSeat(part, this.#commit, ticket, this.#settled);
    this.#seat = { seat, since: waited() };
    this.#members++;
    waiter.go(seat);
    await seat.left;
    this.#seat = undefined;
    this.#bytes += seat.bytes;
  }

  /** One that waits for something else, or for ever, must not keep the others waiting. */
  #look(): void {
    if (this.#seat !== undefined && waited() - this.#seat.since >= UNPROVEN_MS) this.#seat.seat.evict();
  }

  async #end(): Promise<Settlement> {
    const members = this.#members;
    if (members === 0) return { is: "apart" };
    try {
      await this.tx.commit();
      return { is: "committed", version: this.tx.getCommittedVersion(), members };
    } catch (error) {
      if (!(error instanceof EngineError)) return { is: "apart" };
      if (isMaybeCommitted(error.fdbCode)) return { is: "unknown", error };
      // Waits as long as the engine asks for.
      return await this.tx.onError(error).then(
        () => ({ is: "refused", members }) as const,
        () => ({ is: "apart" }) as const,
      );
    }
  }
}
