/** A transaction that hands every call to another one, for those that change only some of them. */

import type {
  EngineError,
  KeySelector,
  MutationType,
  RangeBatch,
  RangeOptions,
  Transaction,
  TransactionOption,
  Watch,
} from "../../engine/index.js";

export class ForwardingTransaction implements Transaction {
  constructor(protected readonly inner: Transaction) {}

  get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    return this.inner.get(key, snapshot);
  }

  getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array> {
    return this.inner.getKey(selector, snapshot);
  }

  getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch> {
    return this.inner.getRange(begin, end, options);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.inner.set(key, value);
  }

  clear(key: Uint8Array): void {
    this.inner.clear(key);
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    this.inner.clearRange(begin, end);
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    this.inner.atomic(type, key, operand);
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.inner.addReadConflictRange(begin, end);
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.inner.addWriteConflictRange(begin, end);
  }

  watch(key: Uint8Array): Watch {
    return this.inner.watch(key);
  }

  getReadVersion(): Promise<bigint> {
    return this.inner.getReadVersion();
  }

  setReadVersion(version: bigint): void {
    this.inner.setReadVersion(version);
  }

  getCommittedVersion(): bigint {
    return this.inner.getCommittedVersion();
  }

  getVersionstamp(): Promise<Uint8Array> {
    return this.inner.getVersionstamp();
  }

  getApproximateSize(): Promise<number> {
    return this.inner.getApproximateSize();
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.inner.getEstimatedRangeSizeBytes(begin, end);
  }

  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    return this.inner.getRangeSplitPoints(begin, end, chunkBytes);
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    this.inner.setOption(option, value);
  }

  commit(): Promise<void> {
    return this.inner.commit();
  }

  onError(error: EngineError | number): Promise<void> {
    return this.inner.onError(error);
  }

  reset(): void {
    this.inner.reset();
  }

  cancel(): void {
    this.inner.cancel();
  }
}
