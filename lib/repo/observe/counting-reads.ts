/** Counts the reads of a transaction, and their bytes, for the operations that make them. */

import type { RangeBatch, Transaction } from "../../engine/index.js";
import { currentTrace, type OperationTrace } from "./operation-trace.js";

export function countingReads(tx: Transaction): Transaction {
  return new Proxy(tx, {
    get(target, name) {
      if (name === "get") {
        return async (key: Uint8Array, snapshot?: boolean) => {
          const trace = currentTrace();
          const value = await target.get(key, snapshot);
          if (key[0] !== 0xff) note(trace, value?.length ?? 0);
          return value;
        };
      }
      if (name === "getRange") {
        return async (...args: Parameters<Transaction["getRange"]>) => {
          const trace = currentTrace();
          const batch = await target.getRange(...args);
          note(trace, batchBytes(batch));
          return batch;
        };
      }
      const value = target[name as keyof Transaction] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Adds what a read returned to the operation that asked for it. */
function note(trace: OperationTrace | undefined, bytes: number): void {
  if (trace === undefined) return;
  trace.requests++;
  trace.bytes += bytes;
}

const batchBytes = ({ rows }: RangeBatch) =>
  rows.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
