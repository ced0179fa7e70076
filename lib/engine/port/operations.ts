/** The operations of a transaction as they are counted and told. */

import type { Transaction } from "./engine.js";

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
