/** Tells the channel `plinth:transaction` about a transaction of `repo.transactional`, when anybody listens. */

import { tracingChannel } from "node:diagnostics_channel";

/** What the channel `plinth:transaction` tells of `repo.transactional`. */
export interface TransactionTrace {
  /** The id of the tenant. */
  readonly tenant: string;
  /** The store's kind: `"embedded"` or `"foundationdb"`. */
  system: string | undefined;
  /** Attempts so far, the one that committed included. */
  attempts: number;
  /** Transactions that its commit held, itself included: more than one when others waited for the same record. */
  members: number;
  /** The version that the last attempt read at. */
  readVersion: bigint | undefined;
  /** -1n when nothing was written. */
  commitVersion: bigint | undefined;
  /** Milliseconds that it took, all attempts together. */
  durationMs: number | undefined;
  /** What it threw; absent when it succeeded. */
  error?: unknown;
}

/** As the operations' channel, for transactions with all of their attempts. */
export const transactionChannel = tracingChannel<unknown, TransactionTrace>("plinth:transaction");

export function observedTransaction<T>(
  tenant: string,
  system: string | undefined,
  run: (trace: TransactionTrace | undefined) => Promise<T>,
): Promise<T> {
  if (!transactionChannel.hasSubscribers) return run(undefined);
  const trace: TransactionTrace = {
    tenant,
    system,
    attempts: 0,
    members: 1,
    readVersion: undefined,
    commitVersion: undefined,
    durationMs: undefined,
  };
  const started = performance.now();
  const timed = async () => {
    try {
      return await run(trace);
    } finally {
      trace.durationMs = performance.now() - started;
    }
  };
  return transactionChannel.tracePromise(timed, trace) as Promise<T>;
}
