/** The state of a transaction and what starts it over: options, cancel, reset, retry and timeout. */

import type { Key } from "../../keys/index.js";
import type { TransactionDefaults, TransactionOption } from "../../port/index.js";
import { EngineError, isRetryable } from "../../port/index.js";
import { NativeWrites, WriteMap } from "../../writes/index.js";
import type { EmbeddedWatch, Store } from "../store/index.js";
import { ReadConflicts } from "../versions/index.js";
import type { ReadCache } from "./read-cache.js";
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
  protected cache: ReadCache | undefined;
  /** The version came from `setReadVersion`, so it may lie ahead of the store. */
  protected versionGiven = false;
  /** Reads that may wait for a version ahead of the store. */
  protected outstanding: Promise<unknown>[] | undefined;
  protected committing = false;
  /** Of a read that failed; the commit fails with it even when the application ignored it. */
  protected failedRead: unknown;
  protected size = 0;
  /** Read ranges that a commit was refused for, with `reportConflictingKeys`. */
  protected conflictingRanges: readonly (readonly [Key, Key])[] = [];
  protected watches: EmbeddedWatch[] | undefined;
  protected stamp: { resolve(stamp: Uint8Array): void; reject(error: unknown): void } | undefined;
  /** The first error of a mutator: FoundationDB reports it at the next call that returns a future. */
  private deferred: EngineError | undefined;
  /** Cancelled, timed out or misused: everything fails with it until `reset`. */
  private stopped: EngineError | undefined;
  private pending: Set<(error: EngineError) => void> | undefined;
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
    if (this.deferred !== undefined) return;
    try {
      if (option === "readYourWritesDisable" && this.used)
        throw new EngineError(2000, `${option} comes too late`);
      this.options.set(option, value);
    } catch (error) {
      // An option nobody knows, or a bad timeout, is the caller's mistake and thrown at once, as in the C client.
      if (!(error instanceof EngineError) || error.fdbCode === 2007) throw error;
      if (error.fdbCode === 2006 && option === "timeout") throw error;
      this.defer(error);
    }
    if (option === "timeout") this.stopWhenLate();
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
    const failure = typeof error === "number" ? new EngineError(code) : error;
    if (code === 0) throw new EngineError(2000, "onError needs an error code");
    const { retryLimit } = this.options;
    const exhausted = retryLimit !== -1 && this.retries >= retryLimit;
    this.retries++;
    // The client library keeps 1039 to itself: handed to `onError` by the application it is final.
    if (exhausted || !isRetryable(code) || code === 1039) {
      this.stop(new EngineError(1025));
      throw failure;
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
      const timer = this.deadlineTimer();
      const done = (): void => {
        this.pending!.delete(interrupt);
        clearTimeout(timer);
      };
      const interrupt = (error: EngineError): void => {
        done();
        reject(error);
      };
      this.pending ??= new Set();
      this.pending.add(interrupt);
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

  private get used(): boolean {
    return this.writes !== undefined || this.cache !== undefined || this.outstanding !== undefined;
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
    this.failedRead = undefined;
    this.size = 0;
    this.conflictingRanges = [];
    this.watches = undefined;
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

  private deadlineTimer(): NodeJS.Timeout | undefined {
    const remaining = this.remainingMs;
    if (remaining === Number.POSITIVE_INFINITY) return undefined;
    return setTimeout(() => this.stop(new EngineError(1031)), Math.max(0, Math.ceil(remaining)));
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
