/** One attempt of one transaction, as the operations of a Repo see it. */

import type { Transaction } from "../../engine/index.js";
import { TransactionEndedError } from "../../errors.js";
import { createContext, type LayerContext, type MetadataCache } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { HotRecords, Ticket } from "./hot-records.js";

/** A record whose primary key the commit assigns. */
export interface PendingRecord {
  complete(versionstamp: Uint8Array): void;
}

/** A Repo bound to a transaction; all that a transaction does with it is to hand it to functions of the application. */
export type BoundRepo = object;

export class Session {
  readonly layer: LayerContext;
  /** Called after the commit, in order. */
  readonly afterCommit: (() => unknown)[] = [];
  readonly pending: PendingRecord[] = [];
  /** Serves `repo.transactional`, not a single operation. */
  readonly ambient: boolean;
  readonly snapshot: boolean;
  /** The attempts of its transaction, this one included. */
  readonly attempt: number;
  /** Records written so far. */
  writes = 0;
  ended = false;
  #repo: BoundRepo | undefined;
  #gate: Promise<void> | undefined;
  #entered = false;
  #running = 0;
  #refused: { readonly error: unknown } | undefined;
  #idle: (() => void) | undefined;

  constructor(
    tx: Transaction,
    readonly tenant: Tenant,
    metadata: MetadataCache,
    readonly ticket: Ticket,
    readonly hot: HotRecords,
    options: { readonly ambient: boolean; readonly snapshot: boolean; readonly attempt: number },
    private readonly bind: (session: Session) => BoundRepo,
  ) {
    this.layer = createContext(tx, tenant, metadata);
    this.ambient = options.ambient;
    this.snapshot = options.snapshot;
    this.attempt = options.attempt;
    this.#entered = options.attempt > 1;
  }

  /** The Repo bound to this transaction. */
  get repo(): BoundRepo {
    this.#repo ??= this.bind(this);
    return this.#repo;
  }

  /**
   * Runs one operation. A transaction commits only when none of its operations is under way, so that a call that was
   * not awaited is not lost.
   */
  async operate<T>(operation: () => Promise<T>): Promise<T> {
    if (this.ended) throw ended();
    this.#running++;
    try {
      return await operation();
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }

  /** Keeps a function for after the commit. @throws TransactionEndedError: whether there was one is not known here */
  onCommit(fn: () => unknown): void {
    if (this.ended) throw ended();
    this.afterCommit.push(fn);
  }

  /** Resolves when no operation is under way. */
  async idle(): Promise<void> {
    while (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  /**
   * Before a read of one record: the first one of a transaction may have to wait for its turn, and no read goes out
   * before.
   */
  turn(key: () => Uint8Array, willWrite: boolean): Promise<void> | undefined {
    if (this.#entered) return this.#gate;
    this.#entered = true;
    if (this.snapshot || (!willWrite && !this.ambient)) return undefined;
    const wait = this.hot.enter(this.ticket, keyText(key()), willWrite);
    if (wait === undefined) return undefined;
    this.#gate = wait.then(() => {
      this.#gate = undefined;
    });
    return this.#gate;
  }

  /** Before any other read: it makes no use of turns, but waits for the one under way. */
  reading(): Promise<void> | undefined {
    this.#entered = true;
    return this.#gate;
  }

  /** Runs what belongs together: when it fails after it has written, a caller that goes on must not commit that. */
  async part<T>(run: () => Promise<T>): Promise<T> {
    const before = this.writes;
    try {
      return await run();
    } catch (error) {
      if (this.writes > before) this.refuseCommit(error);
      throw error;
    }
  }

  /** Makes the commit fail: an operation wrote a part of what belongs together, and then failed. */
  refuseCommit(error: unknown): void {
    this.#refused ??= { error };
  }

  /** Throws what `refuseCommit` was given, or what broke a write half-way. */
  checkCommit(): void {
    const refused = this.#refused ?? this.layer.attempt.broken;
    if (refused !== undefined) throw refused.error;
  }

  noteWrite(key: Uint8Array): void {
    if (this.writes++ === 0) this.hot.noteWriter(this.ticket);
    this.hot.noteWrite(this.ticket, keyText(key));
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
