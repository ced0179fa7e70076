/** The operations of a transaction as they are counted and told. */

import type { Transaction } from "./engine.js";

/** Work of one transaction, all its attempts together. */
export interface Operations {
  /** Point reads. */
  gets: number;
  /** Key selectors that were resolved. */
  getKeys: number;
  /** Batches of range reads. */
  rangeReads: number;
  /** Rows that range reads returned. */
  rows: number;
  /** Keys and values that reads returned. */
  bytesRead: number;
  /** Reads of `\xff/metadataVersion`; FoundationDB delivers it with the read version, so it costs nothing. */
  metadataVersionReads: number;
  /** Keys that were set. */
  sets: number;
  /** Keys that were removed one by one. */
  clears: number;
  /** Ranges that were removed. */
  clearRanges: number;
  /** Atomic operations. */
  atomics: number;
  /** Watches that were made. */
  watches: number;
  /** Commits that were asked for. */
  commits: number;
  /** Times the transaction was begun or started over. */
  attempts: number;
}

/**
 * Counts that are all 0.
 *
 * @example const counts = noOperations();
 */
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

/** The operations that `onOperation` is told of. */
export type OperationName = keyof Omit<Operations, "rows" | "bytesRead">;

/** One call, told as it is made; `of` are the totals of its transaction so far, this call included. */
export type OnOperation = (name: OperationName, of: Readonly<Operations>, tx: Transaction) => void;
