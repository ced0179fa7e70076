/** The engine transaction of one transaction of a Repo: its own, or its part of the one that a group shares. */

import {
  EngineError,
  type KeySelector,
  type MutationType,
  type RangeBatch,
  type RangeOptions,
  type Transaction,
  type TransactionOption,
  type Watch,
} from "../../engine/index.js";

import { OwnTransaction } from "./own-transaction.js";

/** What is told of a read that failed, or, without an error, of a call that only a transaction by itself can make. */
export type OnUnfit = (error?: unknown) => void;

/** FoundationDB's code of an operation that was cancelled. */
const CANCELLED = 1025;

const cancelled = (): EngineError => new EngineError(CANCELLED);

export class MemberTransaction implements Transaction {
  /** Whether it has been used: what was read or written then stays in the transaction of its own. */
  used = false;
  #to: Transaction | undefined;
  #unfit: OnUnfit | undefined;
  #ended = false;

  constructor(private readonly own: Transaction) {}

  /** From now on it works in a part of the transaction of a group. */
  moveTo(part: Transaction, unfit: OnUnfit): void {
    this.#to = part;
    this.#unfit = unfit;
  }

  /** Nothing of it reaches the group's transaction any more, which others use now. */
  end(): void {
    this.#ended = true;
  }

  get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    this.used = true;
    return this.#unfit === undefined
      ? this.#target.get(key, snapshot)
      : this.#read((to) => to.get(key, snapshot));
  }

  getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array> {
    return this.#read((to) => to.getKey(selector, snapshot));
  }

  getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch> {
    return this.#read((to) => to.getRange(begin, end, options));
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#writing?.set(key, value);
  }

  clear(key: Uint8Array): void {
    this.#writing?.clear(key);
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    this.#writing?.clearRange(begin, end);
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    this.#writing?.atomic(type, key, operand);
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.#writing?.addReadConflictRange(begin, end);
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.#writing?.addWriteConflictRange(begin, end);
  }

  /** Stands for the value that this transaction leaves, which others in a group change again before it is stored. */
  watch(key: Uint8Array): Watch {
    return this.#alone().watch(key);
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    if (option === "nextWriteNoWriteConflictRange") this.#writing?.setOption(option);
    else this.#alone().setOption(option, value);
  }

  getReadVersion(): Promise<bigint> {
    return this.#read((to) => to.getReadVersion());
  }

  setReadVersion(version: bigint): void {
    this.#alone().setReadVersion(version);
  }

  getCommittedVersion(): bigint {
    return this.#alone().getCommittedVersion();
  }

  getVersionstamp(): Promise<Uint8Array> {
    return this.#read((to) => to.getVersionstamp());
  }

  /** In a group it would be that of the others as well. */
  async getApproximateSize(): Promise<number> {
    return this.#alone().getApproximateSize();
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.#read((to) => to.getEstimatedRangeSizeBytes(begin, end));
  }

  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    return this.#read((to) => to.getRangeSplitPoints(begin, end, chunkBytes));
  }

  async commit(): Promise<void> {
    return this.#alone().commit();
  }

  async onError(error: EngineError | number): Promise<void> {
    return this.#alone().onError(error);
  }

  reset(): void {
    this.#alone().reset();
  }

  cancel(): void {
    this.#alone().cancel();
  }

  get #writing(): Transaction | undefined {
    this.used = true;
    return this.#ended ? undefined : this.#target;
  }

  get #target(): Transaction {
    this.#to ??= this.own instanceof OwnTransaction ? this.own.begun : this.own;
    return this.#to;
  }

  #read<T>(read: (to: Transaction) => Promise<T>): Promise<T> {
    this.used = true;
    if (this.#ended) return Promise.reject(cancelled());
    const unfit = this.#unfit;
    if (unfit === undefined) return read(this.#target);
    const value = read(this.#target);
    // The function may take it for an answer, and by itself it might have had another one.
    value.catch(unfit);
    return value;
  }

  #alone(): Transaction {
    this.used = true;
    if (this.#unfit === undefined) return this.#target;
    this.#unfit();
    throw cancelled();
  }
}
