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
  /** The reference. */
  readonly key: Uint8Array;
  /** Whether the reference itself counts as before it. */
  readonly orEqual: boolean;
  /** 1 is the first key at or after the reference, 0 the last key before it. */
  readonly offset: number;
}

/** A key and its value. */
export type KeyValue = readonly [key: Uint8Array, value: Uint8Array];

/** Options of one range read. */
export interface RangeOptions {
  /** Rows at most; 0, the default, is unlimited. */
  readonly limit?: number;
  /** From the end of the range. Default false. */
  readonly reverse?: boolean;
  /** Snapshot reads add no read conflict range. Default false. */
  readonly snapshot?: boolean;
  /** Default `StreamingMode.wantAll`. */
  readonly mode?: StreamingMode;
  /** Bytes after which a batch stops; 0, the default, leaves it to the mode. */
  readonly targetBytes?: number;
  /** Number of the batch in `StreamingMode.iterator`, from 1, the default. */
  readonly iteration?: number;
}

/** One batch of a range read. `more: false` is final: nothing is left in the range. */
export interface RangeBatch {
  /** The rows of this batch, in the order of the read. */
  readonly rows: readonly KeyValue[];
  /** Whether the range may hold more behind them. */
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

/** A watch on one key, from the commit of its transaction on. */
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
  /** The value of a key, as the transaction's own writes have it; undefined when there is none. */
  get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined>;
  /** The key that a selector names. */
  getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array>;
  /** One batch of the rows from `begin` up to, but without, `end`. */
  getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch>;

  /** Sets the value of a key: up to 10,000 bytes of key and 100,000 of value (FoundationDB's limits). */
  set(key: Uint8Array, value: Uint8Array): void;
  /** Removes a key. */
  clear(key: Uint8Array): void;
  /** Removes all keys from `begin` up to, but without, `end`. */
  clearRange(begin: Uint8Array, end: Uint8Array): void;
  /** Changes a value without reading it; it conflicts with no other atomic operation. */
  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void;

  /** Throws EngineError 2005 when `begin > end`. */
  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void;
  /** Throws EngineError 2005 when `begin > end`. */
  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void;

  /** Watches a key for another value than it has in this transaction. */
  watch(key: Uint8Array): Watch;

  /** The version that it reads at; asks for one when it has none yet. */
  getReadVersion(): Promise<bigint>;
  /** Reads at this version, which must not be older than five seconds; before any read. */
  setReadVersion(version: bigint): void;
  /** -1n before the commit and after a read-only one. */
  getCommittedVersion(): bigint;
  /** Ten bytes; must be asked for before `commit` and awaited after it. Its rejection is pre-silenced. */
  getVersionstamp(): Promise<Uint8Array>;
  /** Bytes of the commit so far, as FoundationDB counts them against its limit of 10,000,000. */
  getApproximateSize(): Promise<number>;
  /** An estimate of the bytes in a range. */
  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number>;
  /** Keys that split a range into parts of about `chunkBytes`, its begin and end included. */
  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]>;

  /** Sets an option of this attempt; a retry forgets most of them. */
  setOption(option: TransactionOption, value?: number | string | Uint8Array): void;

  /** Commits what was written; rejects with an EngineError. */
  commit(): Promise<void>;
  /** Resolves when the transaction may be run again (after the backoff), else rejects. */
  onError(error: EngineError | number): Promise<void>;
  /** Starts over as a new transaction. */
  reset(): void;
  /** Ends it; what is pending rejects with 1025. */
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

/** An ordered key-value store with FoundationDB's contract. */
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
  /** Which engine it is. */
  readonly kind: "embedded" | "foundationdb";
  /** The URL that opens the same store again. */
  readonly url: string;
  /** A new transaction on the whole store. */
  begin(options?: TransactionDefaults): Transaction;
  /** Cancels what is pending (transactions 1025, watches 1101) and releases the store. Idempotent. */
  close(): Promise<void>;
}
