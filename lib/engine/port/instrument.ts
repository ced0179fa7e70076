/** Counts what an engine is asked to do, by wrapping it. */

import type { Engine, RangeBatch, Transaction, TransactionDefaults } from "./engine.js";
import { noOperations, type OnOperation, type OperationName, type Operations } from "./operations.js";

/** An engine that counts what it is asked to do. */
export interface InstrumentedEngine extends Engine {
  /** Totals of every transaction since the last `resetCounts`. */
  readonly counts: Readonly<Operations>;
  /** Begins to count from 0. */
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
 * await transact(counted, (tx) => tx.get(tenant.pack(["theme"])));
 * counted.counts.gets; // 1
 */
export function instrument(engine: Engine, onOperation?: OnOperation): InstrumentedEngine {
  let totals = noOperations();
  return {
    kind: engine.kind,
    url: engine.url,
    lives: engine.lives,
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
