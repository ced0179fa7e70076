/** Runs the directory operations of one transaction one after the other. */

import type { Transaction } from "../engine/index.js";

const tails = new WeakMap<Transaction, Promise<void>>();
const ignore = (): void => {};

/**
 * Two operations that create the same path at once would otherwise both find it missing, and no conflict inside a
 * transaction would tell.
 *
 * A failed operation does not hold up the next one, nor is its error kept for a retry of the same transaction.
 */
export function serialize<T>(tx: Transaction, operation: () => Promise<T>): Promise<T> {
  const result = (tails.get(tx) ?? Promise.resolve()).then(operation);
  tails.set(tx, result.then(ignore, ignore));
  return result;
}
