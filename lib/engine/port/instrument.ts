import type { Engine, RangeBatch, Transaction, TransactionDefaults } from "./engine.js";

/** Work of one transaction, all its attempts together. */
export interface Operations {
  gets: number;
  getKeys: number;
  rangeReads: number;
  /** Rows that range reads returned. */
  rows: number;
  /** Keys and values that reads returned. */
  bytesRead: number;
  /** Reads of `\xff/metadataVersion`; FoundationDB delivers it with the read version, so it costs nothing. */
  metadataVersionReads: number;
  sets: number;
  clears: number;
  clearRanges: number;
  atomics: number;
  watches: number;
  commits: number;
  /** Times the transaction was begun or started over. */
  attempts: number;
}

export const noOperations = (): Operations => ({
  gets: 0,
  getKeys: 0,
  rangeReads: 0,
  rows: 0,
  bytesRead: 0,
  metadataVersionReads: 0,
  sets: 0,
  clears: 0,
  clearRanges: 0,
  atomics: 0,
  watches: 0,
  commits: 0,
  attempts: 0,
});

export type OperationName = keyof Omit<Operations, "rows" | "bytesRead">;

/** One call, told as it is made; `of` are the totals of its transaction so far, this call included. */
export type OnOperation = (name: OperationName, of: Readonly<Operations>, tx: Transaction) => void;

export interface InstrumentedEngine extends Engine {
  /** Totals of every transaction since the last `resetCounts`. */
  readonly counts: Readonly<Operations>;
  resetCounts(): void;
}

const METADATA_VERSION = Buffer.from("\xff/metadataVersion", "latin1");
const isMetadataVersion = (key: Uint8Array): boolean =>
  key.length === METADATA_VERSION.length && METADATA_VERSION.equals(key);

/**
 * Wraps an engine so that every operation is counted (and told to `onOperation`).
 *
 * @example
 * const counted = instrument(engine);
 * await transact(counted, (tx) => tx.get(key));
 * counted.counts.gets; // 1
 */
export function instrument(engine: Engine, onOperation?: OnOperation): InstrumentedEngine {
  let totals = noOperations();
  return {
    kind: engine.kind,
    url: engine.url,
    get counts() {
      return totals;
    },
    resetCounts() {
      totals = noOperations();
    },
    begin: (defaults?: TransactionDefaults) => counted(engine.begin(defaults), () => totals, onOperation),
    close: () => engine.close(),
  };
}

function counted(
  tx: Transaction,
  totals: () => Operations,
  onOperation: OnOperation | undefined,
): Transaction {
  const own = noOperations();
  const count = (name: OperationName): void => {
    own[name]++;
    totals()[name]++;
    onOperation?.(name, own, wrapped);
  };
  const bytes = (length: number): void => {
    own.bytesRead += length;
    totals().bytesRead += length;
  };
  const wrapped: Transaction = {
    async get(key, snapshot) {
      count(isMetadataVersion(key) ? "metadataVersionReads" : "gets");
      const value = await tx.get(key, snapshot);
      bytes(value?.length ?? 0);
      return value;
    },
    async getKey(selector, snapshot) {
      count("getKeys");
      const key = await tx.getKey(selector, snapshot);
      bytes(key.length);
      return key;
    },
    async getRange(begin, end, options) {
      count("rangeReads");
      const batch: RangeBatch = await tx.getRange(begin, end, options);
      own.rows += batch.rows.length;
      totals().rows += batch.rows.length;
      for (const [key, value] of batch.rows) bytes(key.length + value.length);
      return batch;
    },
    set(key, value) {
      count("sets");
      tx.set(key, value);
    },
    clear(key) {
      count("clears");
      tx.clear(key);
    },
    clearRange(begin, end) {
      count("clearRanges");
      tx.clearRange(begin, end);
    },
    atomic(type, key, operand) {
      count("atomics");
      tx.atomic(type, key, operand);
    },
    watch(key) {
      count("watches");
      return tx.watch(key);
    },
    commit() {
      count("commits");
      return tx.commit();
    },
    async onError(error) {
      await tx.onError(error);
      count("attempts");
    },
    reset() {
      tx.reset();
      count("attempts");
    },
    addReadConflictRange: (begin, end) => tx.addReadConflictRange(begin, end),
    addWriteConflictRange: (begin, end) => tx.addWriteConflictRange(begin, end),
    getReadVersion: () => tx.getReadVersion(),
    setReadVersion: (version) => tx.setReadVersion(version),
    getCommittedVersion: () => tx.getCommittedVersion(),
    getVersionstamp: () => tx.getVersionstamp(),
    getApproximateSize: () => tx.getApproximateSize(),
    getEstimatedRangeSizeBytes: (begin, end) => tx.getEstimatedRangeSizeBytes(begin, end),
    getRangeSplitPoints: (begin, end, chunkBytes) => tx.getRangeSplitPoints(begin, end, chunkBytes),
    setOption: (option, value) => tx.setOption(option, value),
    cancel: () => tx.cancel(),
  };
  count("attempts");
  return wrapped;
}
