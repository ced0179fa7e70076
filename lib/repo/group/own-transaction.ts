/** The engine transaction of one transaction of a Repo, which is only begun when it does not go into a group.
 *
 * The engine's retry loop holds it all the same: for that, a transaction that was not begun has nothing to commit.
 */

import type {
  Engine,
  EngineError,
  KeySelector,
  MutationType,
  RangeBatch,
  RangeOptions,
  Transaction,
  TransactionDefaults,
  TransactionOption,
  Watch,
} from "../../engine/index.js";

export class OwnTransaction implements Transaction {
  #begun: Transaction | undefined;

  constructor(private readonly begin: () => Transaction) {}

  /** The engine's own, begun now if it was not. */
  get begun(): Transaction {
    this.#begun ??= this.begin();
    return this.#begun;
  }

  get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    return this.begun.get(key, snapshot);
  }

  getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array> {
    return this.begun.getKey(selector, snapshot);
  }

  getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch> {
    return this.begun.getRange(begin, end, options);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.begun.set(key, value);
  }

  clear(key: Uint8Array): void {
    this.begun.clear(key);
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    this.begun.clearRange(begin, end);
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    this.begun.atomic(type, key, operand);
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.begun.addReadConflictRange(begin, end);
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.begun.addWriteConflictRange(begin, end);
  }

  watch(key: Uint8Array): Watch {
    return this.begun.watch(key);
  }

  getReadVersion(): Promise<bigint> {
    return this.begun.getReadVersion();
  }

  setReadVersion(version: bigint): void {
    this.begun.setReadVersion(version);
  }

  getCommittedVersion(): bigint {
    return this.#begun === undefined ? -1n : this.#begun.getCommittedVersion();
  }

  getVersionstamp(): Promise<Uint8Array> {
    return this.begun.getVersionstamp();
  }

  getApproximateSize(): Promise<number> {
    return this.begun.getApproximateSize();
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.begun.getEstimatedRangeSizeBytes(begin, end);
  }

  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    return this.begun.getRangeSplitPoints(begin, end, chunkBytes);
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    this.begun.setOption(option, value);
  }

  commit(): Promise<void> {
    return this.#begun === undefined ? Promise.resolve() : this.#begun.commit();
  }

  onError(error: EngineError | number): Promise<void> {
    return this.begun.onError(error);
  }

  reset(): void {
    this.#begun?.reset();
  }

  cancel(): void {
    this.begun.cancel();
  }
}

/** The engine, whose transactions begin when they are used; their time has begun all the same. */
export function beginningLate(engine: Engine): Engine {
  const { kind, url, lives } = engine;
  return {
    kind,
    url,
    lives,
    begin: (defaults?: TransactionDefaults) => {
      const { timeoutMs = 0 } = defaults ?? {};
      if (timeoutMs <= 0) return new OwnTransaction(() => engine.begin(defaults));
      const until = Date.now() + timeoutMs;
      return new OwnTransaction(() =>
        engine.begin({ ...defaults, timeoutMs: Math.max(until - Date.now(), 1) }),
      );
    },
    close: () => engine.close(),
  };
}
