/** The engine port: FoundationDB's client contract, spoken by every engine.
 *
 * An ordered key-value store with strictly serializable transactions, watches and versionstamps. Names, error
 * codes, conflict ranges and limits are FoundationDB's own; code above this port cannot tell engines apart.
 *
 * @see https://apple.github.io/foundationdb/api-c.html
 */

import type { MutationType, StreamingMode } from "./codes.js";
import type { EngineError } from "./engine-error.js";

/** Names the `offset`-th key relative to `key`; see the helpers in `key-selector.ts`. */
export interface KeySelector {
  readonly key: Uint8Array;
  readonly orEqual: boolean;
  /** 1 is the first key at or after the reference, 0 the last key before it. */
  readonly offset: number;
}

export type KeyValue = readonly [key: Uint8Array, value: Uint8Array];

export interface RangeOptions {
  /** Rows at most; 0 or absent is unlimited. */
  readonly limit?: number;
  readonly reverse?: boolean;
  /** Snapshot reads add no read conflict range. */
  readonly snapshot?: boolean;
  /** Default `StreamingMode.wantAll`. */
  readonly mode?: StreamingMode;
  /** Bytes after which a batch stops; 0 or absent leaves it to the mode. */
  readonly targetBytes?: number;
  /** Batch number in `StreamingMode.iterator`, from 1. */
  readonly iteration?: number;
}

/** One batch of a range read. `more: false` is final: nothing is left in the range. */
export interface RangeBatch {
  readonly rows: readonly KeyValue[];
  readonly more: boolean;
}

/** Per-transaction options, by FoundationDB's names; a value where the option takes one. */
export type TransactionOption =
  | "timeout"
  | "retryLimit"
  | "maxRetryDelay"
  | "sizeLimit"
  | "readYourWritesDisable"
  | "snapshotRywEnable"
  | "snapshotRywDisable"
  | "nextWriteNoWriteConflictRange"
  | "bypassUnreadable"
  | "usedDuringCommitProtectionDisable"
  | "causalReadRisky"
  | "causalWriteRisky"
  | "accessSystemKeys"
  | "readSystemKeys"
  | "lockAware"
  | "readLockAware"
  | "prioritySystemImmediate"
  | "priorityBatch"
  | "reportConflictingKeys"
  | "tag"
  | "autoThrottleTag"
  | "debugTransactionIdentifier";

/** Defaults that an engine applies to each new transaction (and again after `reset` and `onError`). */
export interface TransactionDefaults {
  /** Milliseconds from creation until every operation rejects with 1031; 0 is never. */
  readonly timeoutMs?: number;
  /** Retries that `onError` grants; -1 is unlimited. */
  readonly retryLimit?: number;
  /** Milliseconds; the cap of the exponential backoff. Default 1000. */
  readonly maxRetryDelayMs?: number;
  /** Bytes, 32 to 10,000,000. */
  readonly sizeLimit?: number;
}

export interface Watch {
  /**
   * Resolves when the key was seen to differ from its value in the transaction; rejects with an EngineError
   * (1101 cancelled, 1025 transaction gone before commit, 1032 too many, or the commit's own error).
   * A rejection that nobody handles is not reported as unhandled.
   */
  readonly promise: Promise<void>;
  /** Releases the watch; the promise rejects with 1101 unless it has fired. */
  cancel(): void;
}

/**
 * One transaction. Mutators never throw for a rule of FoundationDB: the error is kept and comes back from the
 * next read or from the commit, as in the C client. Keys and values must be `Uint8Array`s (else `TypeError`).
 */
export interface Transaction {
  get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined>;
  getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array>;
  getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch>;

  set(key: Uint8Array, value: Uint8Array): void;
  clear(key: Uint8Array): void;
  clearRange(begin: Uint8Array, end: Uint8Array): void;
  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void;

  /** Throws EngineError 2005 when `begin > end`. */
  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void;
  /** Throws EngineError 2005 when `begin > end`. */
  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void;

  watch(key: Uint8Array): Watch;

  getReadVersion(): Promise<bigint>;
  setReadVersion(version: bigint): void;
  /** -1n before the commit and after a read-only one. */
  getCommittedVersion(): bigint;
  /** Ten bytes; must be asked for before `commit` and awaited after it. Its rejection is pre-silenced. */
  getVersionstamp(): Promise<Uint8Array>;
  getApproximateSize(): Promise<number>;
  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number>;
  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]>;

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void;

  commit(): Promise<void>;
  /** Resolves when the transaction may be run again (after the backoff), else rejects. */
  onError(error: EngineError | number): Promise<void>;
  reset(): void;
  cancel(): void;
}

/**
 * Tells a store's states from those of the same store before it was put back to an earlier one, lost its last moments
 * or went on as a copy: versions are compared by number, which says nothing of that.
 */
export interface StoreLives {
  /** The newest commit at `version` and the life of the store that it belongs to, as text of at most 40 characters. */
  nameAt(version: bigint): string;
  /** Whether the store came by that commit; `false` also for what is no such name. */
  knows(name: string): boolean;
}

export interface Engine {
  /**
   * The lives of the store. Undefined for a cluster, where FoundationDB's own tools restore.
   *
   * @example
   * const name = engine.lives?.nameAt(await transact(engine, (tx) => tx.getReadVersion()));
   * // later, perhaps in another process, on a store that may have been put back:
   * const gone = name !== undefined && engine.lives?.knows(name) === false;
   */
  readonly lives?: StoreLives | undefined;
  readonly kind: "embedded" | "foundationdb";
  /** The URL that opens the same store again. */
  readonly url: string;
  /** A new transaction on the whole store. */
  begin(options?: TransactionDefaults): Transaction;
  /** Cancels what is pending (transactions 1025, watches 1101) and releases the store. Idempotent. */
  close(): Promise<void>;
}
