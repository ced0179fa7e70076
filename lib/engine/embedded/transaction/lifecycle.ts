/** The state of a transaction and what starts it over: options, cancel, reset, retry and timeout. */

import type { Key } from "../../keys/index.js";
import type { TransactionDefaults, TransactionOption } from "../../port/index.js";
import { EngineError, isRetryable } from "../../port/index.js";
import { NativeWrites, WriteMap } from "../../writes/index.js";
import type { EmbeddedWatch, Store } from "../store/index.js";
import { ReadConflicts } from "../versions/index.js";
import type { SnapshotCache } from "./snapshot-cache.js";
import { TransactionOptions } from "./transaction-options.js";

/** What a transaction needs of the engine handle it was begun on. */
export interface TransactionHost {
  readonly store: Store;
  readonly closed: boolean;
}

const FIRST_BACKOFF_MS = 10;
const LONG_BACKOFF_MS = 30_000;

export abstract class Lifecycle {
  protected options: TransactionOptions;
  protected writes: WriteMap | NativeWrites | undefined;
  protected reads = new ReadConflicts();
  /** Snapshot that the reads see; taken when the store is first needed. */
  protected version: number | undefined;
  protected cache: SnapshotCache | undefined;
  /** The version came from `setReadVersion`, so it may lie ahead of the store. */
  protected versionGiven = false;
  /** Reads that may wait for a version ahead of the store. */
  protected outstanding: Promise<unknown>[] | undefined;
  protected committing = false;
  /** It has read something, be it without success. */
  protected asked = false;
  /** Of a read that failed; the commit fails with it even when the application ignored it. */
  protected failedRead: unknown;
  protected size = 0;
  /** Read ranges that a commit was refused for, with `reportConflictingKeys`. */
  protected conflictingRanges: readonly (readonly [Key, Key])[] = [];
  protected watches: EmbeddedWatch[] | undefined;
  protected stamp: { resolve(stamp: Uint8Array): void; reject(error: unknown): void } | undefined;
  /** Versionstamped keys as they were given, and the stamp of the commit. */
  protected stampedKeys: Uint8Array[] = [];
  protected committedStamp: Uint8Array | undefined;
  /** The first error of a mutator: FoundationDB reports it at the next call that returns a future. */
  private deferred: EngineError | undefined;
  /** Cancelled, timed out or misused: everything fails with it until `reset`. */
  private stopped: EngineError | undefined;
  private pending: Set<(error: EngineError) => void> | undefined;
  /** Runs while something waits that the timeout would end. */
  private deadline: NodeJS.Timeout | undefined;
  private createdAt = performance.now();
  private retries = 0;
  private backoffMs = FIRST_BACKOFF_MS;

  constructor(
    protected readonly host: TransactionHost,
    private readonly defaults: TransactionDefaults,
  ) {
    this.options = new TransactionOptions(defaults);
  }

  protected get store(): Store {
    return this.host.store;
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    // A timeout that has passed holds, whatever is set now.
    if (this.options.timeoutMs > 0) this.stopWhenLate();
    try {
      if (option === "readYourWritesDisable" && value === undefined && this.used) {
        if (this.deferred === undefined) this.defer(new EngineError(2000, `${option} comes too late`));
        return;
      }
      // Looked at even where it changes nothing: an option that nobody knows is thrown at once, as in the C client.
      const options = this.deferred === undefined ? this.options : new TransactionOptions(this.defaults);
      options.set(option, value);
    } catch (error) {
      if (!(error instanceof EngineError) || error.fdbCode === 2007) throw error;
      this.defer(error);
    }
    if (option === "timeout" && this.deferred === undefined) this.setDeadline();
  }

  cancel(): void {
    this.stop(new EngineError(1025));
  }

  reset(): void {
    this.startOver(new TransactionOptions(this.defaults));
    this.createdAt = performance.now();
    this.retries = 0;
    this.backoffMs = FIRST_BACKOFF_MS;
  }

  async onError(error: EngineError | number): Promise<void> {
    const code = typeof error === "number" ? error : error.fdbCode;
    const stopped = this.stoppedBy();
    if (stopped !== undefined) throw stopped;
    const { retryLimit } = this.options;
    const exhausted = retryLimit !== -1 && this.retries >= retryLimit;
    this.retries++;
    // The client library keeps 1039 to itself: handed to `onError` by the application it is final.
    if (exhausted || !isRetryable(code) || code === 1039) {
      this.stop(new EngineError(1025));
      if (code === 0) throw new EngineError(2000, "onError needs an error code");
      if (code === 1100) throw new EngineError(1025);
      throw typeof error === "number" ? new EngineError(code) : error;
    }
    await this.pause(this.delay(code));
    this.startOver(this.options.afterError());
  }

  /** Keeps the first error until `reset` or a successful `onError`. */
  protected defer(error: EngineError): void {
    this.deferred ??= error;
  }

  /** Whether a mutator may do anything. */
  protected mutable(): boolean {
    if (this.deferred !== undefined) return false;
    if (!this.committing) return true;
    this.misused();
    this.defer(new EngineError(2017));
    return false;
  }

  /** What a call that returns a future must fail with, if anything. */
  protected refusal(): EngineError | undefined {
    if (this.deferred !== undefined) return this.deferred;
    if (this.committing) {
      this.misused();
      return new EngineError(2017);
    }
    return this.stoppedBy();
  }

  /** As `refusal`, for the calls that do not mind a commit in flight. */
  protected refusalDuringCommit(): EngineError | undefined {
    return this.deferred ?? this.stoppedBy();
  }

  protected get deferredError(): EngineError | undefined {
    return this.deferred;
  }

  protected stoppedBy(): EngineError | undefined {
    if (this.stopped === undefined) {
      if (this.host.closed) return new EngineError(1025, "the engine was closed");
      if (this.options.timeoutMs > 0) this.stopWhenLate();
    }
    return this.stopped;
  }

  /** Waits for `work` unless the transaction is cancelled, reset or out of time first. */
  protected interruptible<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.pending ??= new Set();
      const { pending } = this;
      const done = (): void => {
        pending.delete(interrupt);
        this.setDeadline();
      };
      const interrupt = (error: EngineError): void => {
        done();
        reject(error);
      };
      pending.add(interrupt);
      this.setDeadline();
      work.then(
        (value) => {
          done();
          resolve(value);
        },
        (error) => {
          done();
          reject(error);
        },
      );
    });
  }

  protected committed(): void {
    this.retries = 0;
    this.backoffMs = FIRST_BACKOFF_MS;
  }

  /** To be called when something waits or has stopped waiting, and when the timeout changed. */
  protected setDeadline(): void {
    clearTimeout(this.deadline);
    this.deadline = undefined;
    if (this.options.timeoutMs === 0 || this.stopped !== undefined) return;
    this.stopWhenLate();
    const waiting = this.pending !== undefined && this.pending.size > 0;
    if (this.stopped !== undefined || !(waiting || this.stamp !== undefined)) return;
    this.deadline = setTimeout(() => this.stop(new EngineError(1031)), Math.ceil(this.remainingMs));
    // Whoever waits for a versionstamp alone waits for a commit that may never be asked for.
    if (!waiting) this.deadline.unref();
  }

  private get used(): boolean {
    return this.asked || this.writes !== undefined || this.cache !== undefined;
  }

  private misused(): void {
    if (this.options.commitProtection) this.stop(new EngineError(2017));
  }

  private stop(error: EngineError): void {
    if (this.stopped !== undefined) return;
    this.stopped = error;
    this.interrupt(error);
  }

  private interrupt(error: EngineError): void {
    clearTimeout(this.deadline);
    if (this.pending !== undefined) for (const reject of [...this.pending]) reject(error);
    this.stamp?.reject(error);
    this.stamp = undefined;
  }

  private startOver(options: TransactionOptions): void {
    const gone = new EngineError(1025);
    this.interrupt(gone);
    for (const watch of this.watches ?? []) watch.fail(gone);
    this.options = options;
    this.writes = undefined;
    this.reads = new ReadConflicts();
    this.version = undefined;
    this.cache = undefined;
    this.versionGiven = false;
    this.outstanding = undefined;
    this.committing = false;
    this.asked = false;
    this.failedRead = undefined;
    this.size = 0;
    this.conflictingRanges = [];
    this.watches = undefined;
    this.stampedKeys = [];
    this.committedStamp = undefined;
    this.deferred = undefined;
    this.stopped = undefined;
  }

  private get remainingMs(): number {
    const { timeoutMs } = this.options;
    return timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.createdAt + timeoutMs - performance.now();
  }

  private stopWhenLate(): void {
    if (this.remainingMs <= 0) this.stop(new EngineError(1031));
  }

  private delay(code: number): number {
    const { maxRetryDelayMs } = this.options;
    if (code === 1007 || code === 1009) return Math.min(FIRST_BACKOFF_MS, maxRetryDelayMs);
    const cap = code === 1042 ? LONG_BACKOFF_MS : maxRetryDelayMs;
    const delay = Math.min(this.backoffMs, cap) * Math.random();
    this.backoffMs = Math.min(this.backoffMs * 2, Math.max(cap, FIRST_BACKOFF_MS));
    return delay;
  }

  private pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const slept = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    return this.interruptible(slept).finally(() => clearTimeout(timer));
  }
}
