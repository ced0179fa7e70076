/** A transaction whose reads end when they have read more keys than a call may. */

import type { RangeOptions, Transaction } from "../../engine/index.js";
import { TooManyKeysError } from "../../errors.js";

/**
 * @param most keys, those of point reads and of range reads; a range is not read beyond them
 * @param what the call and its source, for the message
 * @param counts false for keys that are Plinth's own bookkeeping
 */
export function boundedReads(
  tx: Transaction,
  most: number,
  what: string,
  counts: (key: Uint8Array) => boolean,
): Transaction {
  let left = most;
  const take = (keys: number): void => {
    left -= keys;
    if (left >= 0) return;
    throw new TooManyKeysError(
      `${what} reads more than the ${most} keys that { maxKeys } allows, usually because its conditions find more rows than were ` +
        "expected. Give the query a limit or further conditions, read page by page (repo.page, repo.stream), or allow more.",
    );
  };
  const get: Transaction["get"] = async (key, snapshot) => {
    if (counts(key)) take(1);
    return tx.get(key, snapshot);
  };
  const getRange: Transaction["getRange"] = async (begin, end, options: RangeOptions = {}) => {
    if (!counts(begin.key)) return tx.getRange(begin, end, options);
    const { limit = 0 } = options;
    const bound = Math.max(left, 0) + 1;
    const batch = await tx.getRange(begin, end, {
      ...options,
      limit: limit === 0 ? bound : Math.min(limit, bound),
    });
    take(batch.rows.length);
    return batch;
  };
  return new Proxy(tx, {
    get(target, name) {
      if (name === "get") return get;
      if (name === "getRange") return getRange;
      const value = target[name as keyof Transaction] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
