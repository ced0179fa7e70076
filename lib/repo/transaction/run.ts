/** Runs a transaction of a Repo to its commit, attempt by attempt. */

import {
  type Engine,
  EngineError,
  isMaybeCommitted,
  runTransaction,
  type Transaction,
  type TransactionOption,
  type TransactOptions,
} from "../../engine/index.js";
import { OutstandingCallsError, TenantGoneError, TransactionTooLargeError } from "../../errors.js";
import { createContext } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { MemberTransaction, type Seat, type Settlement, Ticket } from "../group/index.js";
import { countingReads, isObserved, type TransactionTrace } from "../observe/index.js";
import { runAfterCommit } from "./after-commit.js";
import { closed, type RepoCore } from "./core.js";
import { IdempotencyKey } from "./idempotency-key.js";
import { RolledBack } from "./rollback.js";
import { Session } from "./session.js";
import { afterUnknownCommit, teachingError } from "./teaching-error.js";
import { otherStore } from "./tenancy.js";
import type { TransactionOptions } from "./transaction-options.js";

export interface RunOptions extends TransactionOptions {
  /** Runs `repo.transactional`: calls inside find the transaction by themselves. */
  readonly ambient?: boolean;
  /** Runs one operation and no function of the application. */
  readonly alone?: boolean;
  /** May be committed together with others that wait for the same record. */
  readonly grouped?: boolean;
  readonly trace?: TransactionTrace | undefined;
}

/** What a transaction came to. */
export interface RunOutcome<T> {
  readonly value: T;
  /** -1n when nothing was written. */
  readonly version: bigint;
  /** Of one that was committed with others, whose writes it may have seen: the version of that commit. */
  readonly seenAt: bigint | undefined;
  readonly attempts: number;
}

type Body<T> = (session: Session) => Promise<T>;

const priorities = { batch: "priorityBatch", immediate: "prioritySystemImmediate" } as const;

function engineOptions(core: RepoCore, options: RunOptions): TransactOptions {
  const { transaction } = core.config;
  const timeoutMs = options.timeoutMs ?? transaction.timeoutMs;
  const retryLimit = options.retryLimit ?? transaction.retryLimit;
  const maxRetryDelayMs = options.maxRetryDelayMs ?? transaction.maxRetryDelayMs;
  const priority = options.priority ?? transaction.priority ?? "default";
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retryLimit === undefined ? {} : { retryLimit }),
    ...(maxRetryDelayMs === undefined ? {} : { maxRetryDelayMs }),
    ...(priority === "default" ? {} : { options: { [priorities[priority]]: true as const } }),
  };
}

interface Attempted<T> {
  readonly value: T;
  /** Set when it is committed already, by an earlier attempt or in a group. */
  readonly version: bigint | undefined;
  readonly seenAt?: bigint;
  readonly session: Session;
  readonly versionstamp: Promise<Uint8Array> | undefined;
}

/** Runs the body of one attempt up to, but without, its commit. */
async function attempt<T>(
  session: Session,
  body: Body<T>,
  once: IdempotencyKey<T> | undefined,
): Promise<Attempted<T>> {
  const value = await body(session);
  const calls = session.finish();
  if (calls !== undefined) await calls;
  if (once !== undefined && session.writes > 0) once.write(session, value);
  const versionstamp = session.pending.length > 0 ? session.layer.tx.getVersionstamp() : undefined;
  return { value, version: undefined, session, versionstamp };
}

/** FoundationDB's code of a transaction that is too old to read or commit, and of one that timed out. */
const TOO_OLD = 1007;
const TIMED_OUT = 1031;
/** Milliseconds from which on an attempt was too old because of what it did, and not because of the store. */
const SLOW_MS = 4_500;
/** Attempts that are given to a function which takes too long. */
const SLOW_ATTEMPTS = 3;
/** Attempts after which it is worth a warning that a transaction does not come through. */
const MANY_ATTEMPTS = 10;

/** One transaction of a Repo with all of its attempts. */
class Run<T> {
  readonly #engine: ReturnType<typeof engineOptions>;
  readonly #ticket: Ticket;
  readonly #once: IdempotencyKey<T> | undefined;
  readonly #groupable: boolean;
  /** Its caller has been told of the time-out. */
  #over = false;
  #attempts = 0;
  #startedAt = 0;
  #slowAttempts = 0;
  /** An attempt forgot to await calls: the next one finds out which, and where. */
  #traced = false;
  #session: Session | undefined;
  /** The attempt before ended with a commit of unknown outcome. */
  #unknown: Attempted<T> | undefined;
  #last: Attempted<T> | undefined;

  constructor(
    private readonly core: RepoCore,
    private readonly tenant: Tenant,
    private readonly body: Body<T>,
    private readonly options: RunOptions,
    origin: unknown,
  ) {
    this.#engine = engineOptions(core, options);
    const { timeoutMs = 0, options: special } = this.#engine;
    this.#groupable = options.grouped === true && options.snapshot !== true && special === undefined;
    const deadline = timeoutMs > 0 ? Date.now() + timeoutMs : undefined;
    this.#ticket = new Ticket(origin, deadline, this.#groupable ? tenant : undefined);
    this.#once = options.exactlyOnce === true ? new IdempotencyKey(core, tenant) : undefined;
  }

  async start(engine: Engine): Promise<RunOutcome<T>> {
    let failed = true;
    try {
      const outcome = await runTransaction(
        this.#groupable ? this.core.beginningLate(engine) : engine,
        (tx) => this.#attemptInTime(tx),
        {
          ...this.#engine,
          shouldRetry: (error) => this.#retry(error),
        },
      );
      failed = false;
      const { value, session, version, seenAt, versionstamp } = outcome.value;
      if (this.options.trace !== undefined)
        this.options.trace.commitVersion = version ?? outcome.committedVersion;
      if (versionstamp !== undefined) await completePending(session, await versionstamp);
      this.#once?.spend();
      // Let others in before this transaction's own afterwork.
      this.core.hot.leave(this.#ticket, false);
      if (session.afterCommit.length > 0) await runAfterCommit(this.core, session.afterCommit);
      return { value, version: version ?? outcome.committedVersion, seenAt, attempts: this.#attempts };
    } catch (error) {
      if (error instanceof EngineError && this.core.closed) throw closed();
      if (error instanceof TenantGoneError && !this.tenant.isIn(engine, this.core.config.storageId))
        throw otherStore(this.tenant);
      throw teachingError(error);
    } finally {
      if (failed) this.core.hot.leave(this.#ticket, true);
    }
  }

  /** A function that hangs must not hang its caller: the engine's own time-out ends only what asks the engine. */
  #attemptInTime(tx: Transaction): Promise<Attempted<T>> {
    const { deadline } = this.#ticket;
    return deadline === undefined ? this.#attempt(tx) : this.#attemptUntil(deadline, tx);
  }

  async #attemptUntil(deadline: number, tx: Transaction): Promise<Attempted<T>> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const ms = Math.min(Math.max(deadline - Date.now(), 0), MAX_TIMER_MS);
      timer = setTimeout(() => {
        this.#over = true;
        if (this.#session !== undefined) this.#session.ended = true;
        this.#session?.seat?.drop();
        reject(new EngineError(TIMED_OUT));
      }, ms);
    });
    try {
      return await Promise.race([this.#attempt(tx), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** @param given its place in a group */
  async #attempt(tx: Transaction, given?: Seat): Promise<Attempted<T>> {
    if (this.#over) throw new EngineError(TIMED_OUT);
    this.#startedAt = Date.now();
    const first = ++this.#attempts === 1;
    if (this.options.trace !== undefined) this.options.trace.attempts = this.#attempts;
    let seat = given;
    if (!first && seat === undefined && this.#ticket.written.size > 0)
      seat = await this.core.hot.enterAgain(this.#ticket);
    const { ambient = false, alone = false, snapshot = false } = this.options;
    const member = this.#groupable ? new MemberTransaction(tx) : undefined;
    const engine = member ?? tx;
    const layer = createContext(
      isObserved(this.core.logger) ? countingReads(engine) : engine,
      this.tenant,
      this.core.metadata,
    );
    const session = new Session(layer, this.core, {
      ambient,
      alone,
      snapshot,
      attempt: this.#attempts,
      traced: this.#traced,
      ticket: this.#ticket,
      member,
    });
    this.#session = session;
    if (seat !== undefined) session.sit(seat);
    if (this.#unknown !== undefined) {
      session.layer.attempt.uncertain = true;
      const applied = await this.#once?.applied(session);
      if (applied !== undefined) return recovered(this.#unknown, applied.versionstamp);
    }
    this.#last = undefined;
    try {
      this.#last = await attempt(session, this.body, this.#once);
    } catch (error) {
      session.ended = true;
      if (session.nextSeat !== undefined) {
        await session.idle();
        return this.#again(tx, session.nextSeat);
      }
      if (session.seat !== undefined) return this.#failed(tx, session.seat, error);
      if (error instanceof OutstandingCallsError && !this.#traced) {
        this.#traced = true;
        return this.#again(tx);
      }
      // The next attempt uses the same engine transaction: nothing of this one may still write to it.
      if (error instanceof EngineError) await session.idle();
      // Only an idempotency key tells that the lost commit did not happen.
      throw this.#unknown !== undefined && this.#once === undefined ? afterUnknownCommit(error) : error;
    }
    return session.seat === undefined ? this.#last : this.#kept(tx, session.seat, this.#last);
  }

  /** Its function has succeeded in a group. */
  async #kept(tx: Transaction, seat: Seat, last: Attempted<T>): Promise<Attempted<T>> {
    const { hot } = this.core;
    if (seat.keep()) hot.noteIdleMember(this.#ticket);
    else this.#unfit(seat);
    const settled = await seat.settled;
    if (seat.kept && settled.is === "committed") {
      if (this.options.trace !== undefined) this.options.trace.members = settled.members;
      return { ...last, version: seat.wrote ? settled.version : -1n, seenAt: settled.version };
    }
    if (seat.kept && settled.is === "unknown" && seat.wrote) {
      // Whether it is stored is for this transaction to find out, by itself.
      this.#ticket.company = 1;
      throw settled.error;
    }
    return this.#apart(tx, settled);
  }

  /**
   * Its function has failed in a group, which goes on as if it had never begun. What it failed for may be what others of
   * the group have written, so it stands only when that is stored.
   */
  async #failed(tx: Transaction, seat: Seat, error: unknown): Promise<Attempted<T>> {
    seat.drop();
    if (!seat.fit) this.#unfit(seat);
    const settled = await seat.settled;
    const forgot = error instanceof OutstandingCallsError && !this.#traced;
    if (forgot) this.#traced = true;
    const its = seat.fit && !forgot && !isOfGroup(error);
    if (!its || settled.is !== "committed") {
      if (!its) this.#ticket.company = 1;
      return this.#apart(tx, settled);
    }
    if (error instanceof RolledBack) error.seenAt = settled.version;
    throw error;
  }

  #unfit(seat: Seat): void {
    this.#ticket.company = 1;
    if (seat.lonely) this.core.hot.noteLoner(this.#ticket);
  }

  /** Another attempt, in another group or by itself. It uses up no retry: what was refused was not this transaction. */
  #apart(tx: Transaction, settled: Settlement): Promise<Attempted<T>> {
    const ticket = this.#ticket;
    if (settled.is === "refused") ticket.company = Math.min(ticket.company, Math.floor(settled.members / 2));
    else if (settled.is !== "committed") ticket.company = 1;
    this.core.logger?.debug(
      { tenant: this.tenant.id, attempts: this.#attempts, group: settled.is },
      "A transaction runs again: it was not committed with the others that waited for the same record.",
    );
    return this.#attempt(tx);
  }

  #tell({ fdbCode, message }: EngineError): void {
    const { logger } = this.core;
    const attempts = this.#attempts;
    if (logger === undefined || attempts < 2) return;
    const facts = { tenant: this.tenant.id, attempts, code: fdbCode };
    logger.debug(facts, `A transaction runs again after ${attempts} attempts: ${message}`);
    if (attempts === MANY_ATTEMPTS + 1) {
      logger.warn(facts, `A transaction has been refused ${attempts} times and goes on trying: ${message}`);
    }
  }

  /** Another attempt, though the engine has refused nothing. */
  #again(tx: Transaction, seat?: Seat): Promise<Attempted<T>> {
    tx.reset();
    for (const [name, value] of Object.entries(this.#engine.options ?? {})) {
      tx.setOption(name as TransactionOption, value === true ? undefined : value);
    }
    return this.#attempt(tx, seat);
  }

  /** An unknown outcome is only known again through the idempotency key. */
  #retry(error: EngineError): boolean {
    this.#tell(error);
    if (error.fdbCode === TOO_OLD && Date.now() - this.#startedAt >= SLOW_MS) this.#slowAttempts++;
    if (this.#slowAttempts >= SLOW_ATTEMPTS) return false;
    if (isMaybeCommitted(error.fdbCode) && this.#last !== undefined) {
      this.#unknown = this.#last;
      // What it may find of that commit is for nobody else to see.
      this.#ticket.company = 1;
    }
    return true;
  }
}

/** Of what a group has and a transaction by itself has not: a state of the engine, or the numbers of one commit. */
const isOfGroup = (error: unknown): boolean =>
  error instanceof EngineError || error instanceof TransactionTooLargeError;

/** The longest that a timer of Node waits; a longer time would end at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The lost attempt had committed: its value stands, and nothing is written again. */
function recovered<T>(lost: Attempted<T>, versionstamp: Uint8Array): Attempted<T> {
  const version = Buffer.from(versionstamp).readBigUInt64BE(0);
  const completes = lost.session.pending.length > 0;
  return { ...lost, version, versionstamp: completes ? Promise.resolve(versionstamp) : undefined };
}

async function completePending(session: Session, versionstamp: Uint8Array): Promise<void> {
  for (const record of session.pending) record.complete(versionstamp);
}

/**
 * @param origin the caller's function, by which repeated transactions are recognised
 */
export function run<T>(
  core: RepoCore,
  tenant: Tenant,
  body: Body<T>,
  options: RunOptions = {},
  origin: unknown = undefined,
): Promise<RunOutcome<T>> {
  if (core.closed) return Promise.reject(closed());
  const started = new Run(core, tenant, body, options, origin);
  return core.opened === undefined
    ? core.engine().then((engine) => started.start(engine))
    : started.start(core.opened);
}
