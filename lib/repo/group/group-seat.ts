/** The place of one transaction in a group: what it reads and writes with, until its function has ended. */

import { EngineError } from "../../engine/index.js";
import type { NestedTransaction } from "../../engine/nested/index.js";
import type { Attempt, SharedCommit } from "../../layer/index.js";
import type { MemberTransaction } from "./member-transaction.js";
import type { Seat, Settlement, Ticket } from "./ticket.js";

/** `accessed_unreadable` */
const UNREADABLE = 1036;

export class GroupSeat implements Seat {
  late = false;
  kept = false;
  /** Of what it has made the group's. */
  bytes = 0;
  /** Resolves when the next one may begin. */
  readonly left: Promise<void>;
  #free!: () => void;
  #fit = true;
  #lonely = false;
  #ended = false;
  #member: MemberTransaction | undefined;
  #attempt: Attempt | undefined;

  constructor(
    private readonly part: NestedTransaction,
    private readonly commit: SharedCommit,
    private readonly ticket: Ticket,
    readonly settled: Promise<Settlement>,
  ) {
    this.left = new Promise((resolve) => {
      this.#free = resolve;
    });
  }

  take(member: MemberTransaction, attempt: Attempt): void {
    this.#member = member;
    this.#attempt = attempt;
    if (this.#ended) member.end();
    member.moveTo(this.part, (error?: unknown) => {
      this.#fit = false;
      // What the others wrote waits for its versionstamp, and so it will the next time.
      if (error === undefined || (error instanceof EngineError && error.fdbCode === UNREADABLE))
        this.#lonely = true;
    });
    attempt.join(this.commit);
  }

  get wrote(): boolean {
    return this.bytes > 0;
  }

  get fit(): boolean {
    return this.#fit && !this.late;
  }

  get lonely(): boolean {
    return this.#lonely || this.late;
  }

  keep(): boolean {
    if (!this.#ended && this.fit) {
      this.part.merge();
      this.bytes = this.part.bytes;
      this.kept = true;
      this.#attempt?.leave();
      this.#end();
      return true;
    }
    this.drop();
    return false;
  }

  drop(): void {
    if (this.#ended) return;
    this.part.drop();
    this.#end();
  }

  /** The others go on without it. */
  evict(): void {
    this.late = true;
    this.drop();
  }

  #end(): void {
    this.#ended = true;
    this.ticket.group = undefined;
    this.#member?.end();
    this.#free();
  }
}
