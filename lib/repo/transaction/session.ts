/** One attempt of one transaction, or of a part of one, as the operations of a Repo see it. */

import { EngineError } from "../../engine/index.js";
import { NestedTransaction } from "../../engine/nested/index.js";
import { TransactionEndedError } from "../../errors.js";
import { createContext, type LayerContext, type MetadataCache } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { HotRecords, MemberTransaction, Seat, Ticket } from "../group/index.js";
import type { Logger } from "../observe/index.js";
import type { CallSite } from "./call-site.js";
import { CallsUnderWay, type Told } from "./calls-under-way.js";

/** A record whose primary key the commit assigns. */
export interface PendingRecord {
  readonly source: string;
  readonly record: object;
  complete(versionstamp: Uint8Array): void;
}

/** A Repo bound to a transaction; all that a transaction does with it is to hand it to functions of the application. */
export type BoundRepo = object;

/** What a session needs of the Repo that it belongs to. */
export interface SessionHost {
  readonly metadata: MetadataCache;
  readonly hot: HotRecords;
  readonly logger: Logger | undefined;
  /** What the running code is inside of. */
  readonly ambient: { run<T>(session: Session | undefined, fn: () => T): T };
  bind(session: Session): BoundRepo;
  /** The present, for timestamps. */
  clock(): Date;
}

export interface SessionOptions {
  /** Serves `repo.transactional`, not a single operation. */
  readonly ambient: boolean;
  /** Serves one operation and no function of the application: what fails in it fails the whole transaction. */
  readonly alone: boolean;
  readonly snapshot: boolean;
  /** The attempts of its transaction, this one included. */
  readonly attempt: number;
  /** Remembers where calls are made, which takes time: for the attempt after one that forgot to await some. */
  readonly traced: boolean;
  readonly ticket: Ticket;
  /** The engine transaction of one that may be in a group. */
  readonly member?: MemberTransaction | undefined;
}

/** `not_committed` */
const CONFLICT = 1020;

export class Session {
  /** Called after the commit, in order. */
  readonly afterCommit: (() => unknown)[] = [];
  readonly pending: PendingRecord[] = [];
  readonly snapshot: boolean;
  readonly attempt: number;
  /** Records written so far. */
  writes = 0;
  ended = false;
  /** Its place in a group. */
  seat: Seat | undefined;
  /** A place in a group for its next attempt: this one had read before its turn, and what it read is out of date. */
  nextSeat: Seat | undefined;
  readonly #calls: CallsUnderWay;
  #repo: BoundRepo | undefined;
  #gate: Promise<void> | undefined;
  #entered: boolean;
  #refused: { readonly error: unknown } | undefined;

  /** @param outer of a part: what it is a part of */
  constructor(
    readonly layer: LayerContext,
    private readonly host: SessionHost,
    private readonly options: SessionOptions,
    private readonly outer?: Session,
  ) {
    this.snapshot = options.snapshot;
    this.attempt = options.attempt;
    this.#entered = options.attempt > 1;
    this.#calls = new CallsUnderWay(outer === undefined ? undefined : outer.#calls);
  }

  get traced(): boolean {
    return this.options.traced;
  }

  get tenant(): Tenant {
    return this.layer.tenant;
  }

  /** The present, for timestamps. */
  clock(): Date {
    return this.host.clock();
  }

  /** The Repo bound to this transaction. */
  get repo(): BoundRepo {
    this.#repo ??= this.host.bind(this);
    return this.#repo;
  }

  /** Runs a function of the application, in which calls on the Repo join this session by themselves. */
  within<T>(fn: (repo: BoundRepo) => T | Promise<T>): Promise<T> {
    return this.host.ambient.run(this, async () => fn(this.repo));
  }

  /**
   * Runs one operation. A transaction commits only when none of its operations is under way, so that a call that was
   * not awaited is not lost.
   */
  operate<T>(operation: () => Promise<T>, site?: CallSite, told?: Told): Promise<T> {
    return this.ended ? Promise.reject(ended()) : this.#calls.run(operation, site, ended, told);
  }

  /** Keeps a function for after the commit. @throws TransactionEndedError: whether there was one is not known here */
  onCommit(fn: () => unknown): void {
    if (this.ended) throw ended();
    this.afterCommit.push(fn);
  }

  /** Resolves when no operation is under way. */
  idle(): Promise<void> {
    return this.#calls.idle();
  }

  /**
   * The work is done: nothing more is taken. `undefined` is at once.
   *
   * @throws OutstandingCallsError; what `refuse` was given; what broke a write half-way
   */
  finish(): Promise<void> | undefined {
    const calls = this.#calls.close();
    if (calls !== undefined) return calls.then(() => this.#end());
    this.#end();
    return undefined;
  }

  #end(): void {
    this.ended = true;
    const refused = this.#refused ?? this.layer.attempt.broken;
    if (refused !== undefined) throw refused.error;
  }

  /**
   * Before a read of one record: the first one of a transaction may have to wait for its turn, and no read goes out
   * before.
   */
  turn(key: () => Uint8Array, willWrite: boolean): Promise<void> | undefined {
    if (this.outer !== undefined) return this.outer.turn(key, willWrite);
    if (this.#entered) return this.#gate;
    this.#entered = true;
    if (this.snapshot || (!willWrite && !this.options.ambient)) return undefined;
    const wait = this.host.hot.enter(this.options.ticket, keyText(key()), willWrite);
    if (wait === undefined) return undefined;
    this.#gate = wait.then((seat) => {
      this.#gate = undefined;
      if (seat !== undefined) this.sit(seat);
    });
    return this.#gate;
  }

  /** Goes on in the transaction of a group. */
  sit(seat: Seat): void {
    const { member } = this.options;
    if (member === undefined || member.used) {
      this.nextSeat = seat;
      const error = new EngineError(CONFLICT);
      this.refuse(error);
      throw error;
    }
    this.seat = seat;
    seat.take(member, this.layer.attempt);
  }

  /** Before any other read: it makes no use of turns, but waits for the one under way. */
  reading(): Promise<void> | undefined {
    if (this.outer !== undefined) return this.outer.reading();
    this.#entered = true;
    return this.#gate;
  }

  /**
   * Runs what belongs together as a part of the transaction: its writes, and all that follows from them, become the
   * transaction's when it succeeds, and have never been when it fails. Others see nothing of it before.
   */
  async part<T>(run: (part: Session) => Promise<T>): Promise<T> {
    const nested = await NestedTransaction.begin(this.layer.tx);
    const attempt = this.layer.attempt.part();
    const layer = createContext(nested, this.layer.tenant, this.layer.metadata, attempt);
    const part = new Session(layer, this.host, { ...this.options, ambient: true, alone: false }, this);
    try {
      const value = await run(part);
      await part.finish();
      if (this.ended) throw ended();
      nested.merge();
      attempt.merge();
      this.#take(part);
      return value;
    } catch (error) {
      part.ended = true;
      nested.drop();
      attempt.drop();
      throw error;
    }
  }

  /** As a part; on its own when nothing else is in the transaction, which then fails with it. */
  whole<T>(run: (session: Session) => Promise<T>): Promise<T> {
    return this.options.alone ? run(this) : this.part(run);
  }

  /** Makes the transaction, or the part that this is, fail with an error when its function has ended. */
  refuse(error: unknown): void {
    this.#refused ??= { error };
  }

  /** Makes the whole transaction fail. */
  refuseAll(error: unknown): void {
    if (this.outer === undefined) this.refuse(error);
    else this.outer.refuseAll(error);
  }

  /** The records of a source that have no key before the commit, those of the parts around this one included. */
  pendingOf(source: string): readonly object[] {
    const own = this.pending.filter((one) => one.source === source).map(({ record }) => record);
    return this.outer === undefined ? own : [...this.outer.pendingOf(source), ...own];
  }

  /** Tells the logger; without one, the process. */
  warn(facts: object, message: string): void {
    const { logger } = this.host;
    if (logger === undefined) process.emitWarning(message, { type: "PlinthWarning" });
    else logger.warn(facts, message);
  }

  noteWrite(key: Uint8Array): void {
    const { hot } = this.host;
    const { ticket } = this.options;
    if (this.writes++ === 0) hot.noteWriter(ticket);
    hot.noteWrite(ticket, keyText(key));
  }

  #take(part: Session): void {
    this.writes += part.writes;
    for (const fn of part.afterCommit) this.afterCommit.push(fn);
    for (const record of part.pending) this.pending.push(record);
  }
}

const keyText = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");

function ended(): TransactionEndedError {
  return new TransactionEndedError(
    "The transaction of this call has ended. Await every repo call inside of repo.transactional, and use `tx` only there; " +
      "for work after the commit: repo.afterCommit(() => …).",
  );
}
