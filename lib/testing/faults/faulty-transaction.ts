/** A transaction whose answers are late, out of order, or injected errors. */

import type {
  KeySelector,
  MutationType,
  RangeBatch,
  RangeOptions,
  Transaction,
  Watch,
} from "../../engine/index.js";
import { EngineError } from "../../engine/index.js";
import type { Dice } from "./dice.js";
import { FaultyWatch } from "./faulty-watch.js";
import { ForwardingTransaction } from "./forwarding-transaction.js";

export class FaultyTransaction extends ForwardingTransaction {
  private closed = false;
  /** An injected read error, which fails the commit as a real one would. */
  private failedRead: EngineError | undefined;
  private hidden = false;
  private watches: FaultyWatch[] = [];
  private failStamp: ((error: EngineError) => void) | undefined;

  constructor(
    inner: Transaction,
    private readonly dice: Dice,
  ) {
    super(inner);
  }

  override get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    return this.read(() => this.inner.get(key, snapshot));
  }

  override getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array> {
    return this.read(() => this.inner.getKey(selector, snapshot));
  }

  override getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch> {
    return this.read(() => this.inner.getRange(begin, end, options));
  }

  override set(key: Uint8Array, value: Uint8Array): void {
    if (!this.closed) this.inner.set(key, value);
  }

  override clear(key: Uint8Array): void {
    if (!this.closed) this.inner.clear(key);
  }

  override clearRange(begin: Uint8Array, end: Uint8Array): void {
    if (!this.closed) this.inner.clearRange(begin, end);
  }

  override atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    if (!this.closed) this.inner.atomic(type, key, operand);
  }

  override addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    if (!this.closed) this.inner.addReadConflictRange(begin, end);
  }

  override addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    if (!this.closed) this.inner.addWriteConflictRange(begin, end);
  }

  override watch(key: Uint8Array): Watch {
    const watch = new FaultyWatch(this.inner.watch(key));
    this.watches.push(watch);
    return watch;
  }

  override getReadVersion(): Promise<bigint> {
    return this.answer(this.inner.getReadVersion());
  }

  override getCommittedVersion(): bigint {
    return this.hidden ? -1n : this.inner.getCommittedVersion();
  }

  override getVersionstamp(): Promise<Uint8Array> {
    const stamp = new Promise<Uint8Array>((resolve, reject) => {
      this.failStamp = reject;
      this.inner.getVersionstamp().then(resolve, reject);
    });
    stamp.catch(() => undefined);
    return stamp;
  }

  override getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.read(() => this.inner.getEstimatedRangeSizeBytes(begin, end));
  }

  override getRangeSplitPoints(
    begin: Uint8Array,
    end: Uint8Array,
    chunkBytes: number,
  ): Promise<Uint8Array[]> {
    return this.read(() => this.inner.getRangeSplitPoints(begin, end, chunkBytes));
  }

  override async commit(): Promise<void> {
    if (this.closed) throw new EngineError(2017);
    if (this.failedRead !== undefined) throw this.failedRead;
    this.closed = true;
    await this.dice.late();
    if (this.dice.throws("conflict")) throw this.refuse(1020);
    if (this.dice.throws("unknownNotCommitted")) throw this.refuse(1021);
    const unknown = this.dice.throws("unknownCommitted");
    await this.inner.commit();
    if (unknown) {
      this.hidden = true;
      throw this.refuse(1021);
    }
    this.failStamp = undefined;
    for (const watch of this.watches) watch.armed(this.dice);
    this.watches = [];
    await this.dice.late();
  }

  override async onError(error: EngineError | number): Promise<void> {
    await this.inner.onError(error);
    this.startOver();
  }

  override reset(): void {
    this.inner.reset();
    this.startOver();
  }

  private startOver(): void {
    this.closed = false;
    this.failedRead = undefined;
    this.hidden = false;
    this.watches = [];
    this.failStamp = undefined;
  }

  /** Ends the commit with an error, as a real one does: watches fail with it, the versionstamp with 2020. */
  private refuse(code: number): EngineError {
    const error = new EngineError(code, "injected");
    for (const watch of this.watches) watch.fail(error);
    this.watches = [];
    this.failStamp?.(new EngineError(2020));
    return error;
  }

  /** The read itself happens when it is called; only its answer is late. */
  private async read<T>(run: () => Promise<T>): Promise<T> {
    if (this.closed) throw new EngineError(2017);
    if (this.dice.throws("tooOld")) {
      this.failedRead ??= new EngineError(1007, "injected");
      return this.answer(Promise.reject(this.failedRead));
    }
    return this.answer(run());
  }

  private async answer<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    await this.dice.late();
    return work;
  }
}
